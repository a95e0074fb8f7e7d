"""Where the classifier of early media is made and judged: texts, voices, codecs, training, the confusion matrix."""
