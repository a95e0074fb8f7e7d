"""ccengine: the open contact-center engine on a real Asterisk PBX. Each room's docstring says what lives there."""

__version__ = "0.1.0"
