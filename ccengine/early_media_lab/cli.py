"""`ccengine early-media ...`: hear one file; speak, train, judge. Commands only; the work is next door."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ccengine import assets
from ccengine.prompts.cli import VOICES

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".run/early-media"),
    help="Where the spoken sentences are kept.",
)
_MUSIC = click.option(
    "--music",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".run/asterisk-root/usr/share/asterisk/moh"),
    help="Asterisk's music on hold (Debian: asterisk-moh-opsound-gsm).",
)
_MODEL = click.option("--model", type=click.Path(path_type=Path, dir_okay=False), default=assets.EARLY_MEDIA_MODEL)


@click.group("early-media")
def early_media() -> None:
    """Classify what is heard before an answer; build and judge the classifier."""


@early_media.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def hear(file: Path) -> None:
    """Say what a WAV file (8 kHz, 16 bit, mono) is."""
    from ccengine.early_media.classify import classify
    from ccengine.early_media.model import model_of
    from ccengine.early_media_lab.files import NotSound, read_wav

    try:
        found = classify(read_wav(file), model_of(assets.EARLY_MEDIA_MODEL.read_bytes()))
    except NotSound as error:
        raise click.ClickException(str(error)) from error
    for name, value in asdict(found).items():
        click.echo(f"{name:14} {value}")


@early_media.command()
@_FOLDER
@VOICES
def synthesise(folder: Path, voices: Path) -> None:
    """Speak the sentences of both sets that are not there yet (needs the packages of [tts])."""
    from ccengine.early_media_lab.synthesise import synthesise as speak
    from ccengine.prompts.voice import VoiceMissing

    try:
        made = speak(folder, voices, click.echo)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install 'ccengine[tts]'") from error
    except VoiceMissing as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made} sentences spoken.")


@early_media.command()
@_FOLDER
@_MUSIC
@_MODEL
def train(folder: Path, music: Path, model: Path) -> None:
    """Make the model of the building set."""
    from ccengine.early_media_lab import music as tracks
    from ccengine.early_media_lab import train as work

    made = work.train(folder, tracks.tracks(music, test=False), click.echo)
    model.write_bytes(made.data())
    click.echo(f"{model}: {model.stat().st_size} bytes")


@early_media.command()
@_FOLDER
@_MUSIC
@_MODEL
@click.option("--count", default=60, help="Clips of each kind.")
@click.option("--seed", default=11)
def confusion(folder: Path, music: Path, model: Path, count: int, seed: int) -> None:
    """Judge the model by the test set: other voices, wordings, codecs, noise, music and lengths."""
    from ccengine.early_media.model import model_of
    from ccengine.early_media_lab import confusion as judge
    from ccengine.early_media_lab import music as tracks

    made = judge.test_clips(folder, tracks.tracks(music, test=True), count=count, seed=seed)
    for line in judge.lines_of(judge.judge(made, model_of(model.read_bytes()))):
        click.echo(line)


@early_media.command()
@_FOLDER
@click.option("--count", default=2, help="Clips of each kind.")
@click.option("--seed", default=5)
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
def sample(folder: Path, count: int, seed: int, target: Path) -> None:
    """Write the first clips of each kind of a test set as A-law files KIND-NUMBER-VOICE-CODEC; their music is ours."""
    from ccengine.early_media_lab.clips import clips
    from ccengine.early_media_lab.music import played
    from ccengine.prompts.sound import encode_alaw

    target.mkdir(parents=True, exist_ok=True)
    made = clips(folder, [played(100), played(101), played(103)], test=True, count=count, seed=seed)
    for number, clip in enumerate(made):
        name = f"{clip.truth}-{number}-{clip.voice or clip.lead_in or 'music'}-{clip.codec.replace('.', '_')}.alaw"
        (target / name).write_bytes(encode_alaw(clip.sound.astype("float64")))
