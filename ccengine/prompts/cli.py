"""`ccengine prompts ...`: build the audio, read it back. Commands only; the work is next door."""

from __future__ import annotations

from pathlib import Path

import click

from ccengine.assets import PROMPTS
from ccengine.prompts import catalogue, lock

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=PROMPTS, help="Where catalogue.toml is."
)


#: Where whatever speaks finds its voices.
VOICES = click.option(
    "--voices",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".run/kokoro-js-1.2.1.tgz"),
    help="The npm package with the voices: npm pack kokoro-js@1.2.1 --pack-destination .run",
)


@click.group()
def prompts() -> None:
    """Make and check what callers hear."""


@prompts.command()
@_FOLDER
@VOICES
def build(folder: Path, voices: Path) -> None:
    """Make the audio that is missing or whose text, reading or voice changed (needs the packages of [tts])."""
    try:
        from ccengine.prompts import build as builder
        from ccengine.prompts.voice import Voice, VoiceMissing
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install 'ccengine[tts]'") from error
    try:
        made = builder.build(folder, catalogue.load(folder), lambda: Voice(voices), click.echo)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install 'ccengine[tts]'") from error
    except (VoiceMissing, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made} files made, {len(lock.read(folder))} listed in {lock.NAME}.")


@prompts.command()
@_FOLDER
@click.option(
    "--model",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".run/whisper-base"),
    help="Where the recogniser's model is put together.",
)
def check(folder: Path, model: Path) -> None:
    """Let a recogniser read back the audio that changed (needs the packages of [asr]) and state the error rate."""
    from ccengine.prompts import check as reader

    try:
        count = reader.read_back(folder, lambda: reader.Recogniser(model), click.echo)
    except reader.RecogniserMissing as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count} files read.")
    for rate in reader.rates(lock.read(folder)):
        unit = "syllables" if rate.language == "zh" else "words"
        said = f"{rate.errors} of {rate.units} {unit} misread ({rate.percent:.1f} %)"
        click.echo(f"{rate.language}: {said} in {rate.files} files.")
