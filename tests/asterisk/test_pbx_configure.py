"""What `ccengine pbx configure` writes: complete for us, drop-ins for a host, nothing of an administrator's touched."""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path

import pytest
from pbx_instance import PbxInstance, asterisk_root, free_ports

from ccengine.asterisk import pbx
from ccengine.asterisk.doctor import check_pbx
from ccengine.asterisk.doctor_phones import check_browser_phones
from ccengine.asterisk.pbx_configure import changed_files, configure, configure_host, include_lines, run_dir
from ccengine.asterisk.pbx_lint import lint
from ccengine.asterisk.pbx_program import PbxError, Program, unpacked_program
from ccengine.asterisk.render import render
from ccengine.asterisk.secrets import SecretsError, load_or_create
from ccengine.config import Settings

pytestmark = pytest.mark.pbx


@pytest.fixture
def settings(open_folder: Path) -> Settings:
    """A site in a folder of its own, on the shared Asterisk."""
    site = Settings(state_dir=open_folder, pbx={"root": str(asterisk_root())})
    pbx.install(site)
    return site


@pytest.fixture
def program(settings: Settings) -> Program:
    """The unpacked Asterisk, standing in for a host's."""
    found = unpacked_program(settings.pbx_root)
    assert found is not None
    return found


def test_secrets_are_made_once_and_kept_private(settings: Settings) -> None:
    first = load_or_create(settings)
    assert set(first.ami) == {"cc_events", "cc_actions"}
    assert set(first.sip) == set(settings.pbx.devices)
    assert len({*first.ami.values(), *first.sip.values()}) == 2 + len(settings.pbx.devices)
    assert load_or_create(settings) == first
    assert stat.S_IMODE(settings.secrets_file.stat().st_mode) == 0o600
    assert first.ami["cc_events"] not in repr(first)


def test_secrets_of_a_new_phone_are_added(settings: Settings) -> None:
    first = load_or_create(settings)
    more = settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"devices": {"1009": "8009"}})})
    second = load_or_create(more)
    assert second.sip.keys() == {*first.sip, "1009"}
    assert second.ami == first.ami


def test_broken_secrets_file_is_named(settings: Settings) -> None:
    settings.secrets_file.write_text("{")
    with pytest.raises(SecretsError, match=r"secrets\.json"):
        load_or_create(settings)


def test_value_that_breaks_out_of_its_line_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "x.conf"
    template.write_text("bind={{ host }}\n")
    assert render(template, {"host": "127.0.0.1"}) == "bind=127.0.0.1\n"
    for value in ("127.0.0.1\n[admin]", "x;y", "${SHELL(id)}", 'a"b', "x\r"):
        with pytest.raises(PbxError, match="host"):
            render(template, {"host": value})


def _assert_change_is_noticed(settings: Settings) -> None:
    """What somebody edited, or settings that were changed since, is named; and nothing else."""
    known, queues = load_or_create(settings), settings.pbx_dir / "etc" / "ccengine" / "queues.conf"
    assert changed_files(settings, known) == []
    was = queues.read_text()
    queues.write_text(was + ";\n")
    assert changed_files(settings, known) == [queues]
    queues.write_text(was)
    other = settings.model_copy(update={"site": settings.site.model_copy(update={"hotline": "12345"})})
    assert changed_files(other, known)


def test_configuration_holds_no_placeholder_and_no_shipped_secret(settings: Settings) -> None:
    configure(settings)
    _assert_change_is_noticed(settings)
    etc = settings.pbx_dir / "etc"
    texts = {str(path.relative_to(etc)): path.read_text() for path in etc.rglob("*.conf")}
    assert not [name for name, text in texts.items() if "{{" in text or "{%" in text]
    secrets = load_or_create(settings)
    pjsip = (etc / "ccengine" / "pjsip.conf").read_text()
    assert all(f"password={password}" in pjsip for password in secrets.sip.values())
    assert "endpoint_identifier_order=auth_username,username,ip" in texts["pjsip.conf"]
    assert not [path for path in etc.rglob("*.conf") if path.stat().st_mode & stat.S_IRWXO]


def test_inbound_context_knows_exact_numbers_only(settings: Settings) -> None:
    configure(settings)
    text = (settings.pbx_dir / "etc" / "ccengine" / "extensions.conf").read_text()
    inbound = text.split("[cc-inbound]")[1].split("[")[0]
    assert re.findall(r"^exten => (\S+?),", inbound, re.MULTILINE) == ["96390"]


def test_configure_again_keeps_journal_and_secrets(settings: Settings) -> None:
    configure(settings)
    settings.cel_file.write_text("kept\n")
    before = load_or_create(settings)
    configure(settings)
    assert settings.cel_file.read_text() == "kept\n"
    assert load_or_create(settings) == before


def test_control_socket_stays_short_below_a_deep_folder(tmp_path: Path) -> None:
    deep = Settings(state_dir=tmp_path / ("d" * 90))
    assert len(str(run_dir(deep) / "asterisk.ctl")) < 108
    assert run_dir(deep) == run_dir(deep)


def test_host_configuration_touches_no_file_of_the_administrator(
    settings: Settings, program: Program, tmp_path: Path
) -> None:
    etc = tmp_path / "etc-asterisk"
    shutil.copytree(program.share_dir.parents[2] / "etc" / "asterisk", etc)
    before = {path: path.read_bytes() for path in etc.rglob("*") if path.is_file()}
    lines = configure_host(settings, etc, program)
    assert {path: path.read_bytes() for path in before} == before
    assert lines == include_lines(etc)
    assert {line for _, line in lines} == {f"#include ccengine/{path.name}" for path, _ in lines}
    assert all((etc / line.removeprefix("#include ")).exists() for _, line in lines)
    # Debian's cel_custom.conf has no [mappings] of its own to add to, its cel.conf has a [general].
    assert "\n[mappings]\n" in (etc / "ccengine" / "cel_custom.conf").read_text()
    assert "\n[general](+)\n" in (etc / "ccengine" / "cel.conf").read_text()


def test_doctor_names_each_missing_include_line(settings: Settings, program: Program, tmp_path: Path) -> None:
    etc = tmp_path / "etc-asterisk"
    shutil.copytree(program.share_dir.parents[2] / "etc" / "asterisk", etc)
    lines = configure_host(settings, etc, program)
    missing = [finding for finding in check_pbx(settings, etc) if not finding.ok and "#include" in finding.remedy]
    assert [finding.remedy.rsplit(": ", 1)[1] for finding in missing] == [line for _, line in lines]
    for path, line in lines[1:]:
        with path.open("a") as file:
            file.write(f"\n{line}\n")
    (missing_one,) = [f for f in check_pbx(settings, etc) if not f.ok and "#include" in f.remedy]
    assert str(lines[0][0]) in missing_one.remedy


def test_events_name_the_person_and_what_the_administrator_wants(
    settings: Settings, program: Program, tmp_path: Path
) -> None:
    etc = tmp_path / "etc-asterisk"
    etc.mkdir()
    (etc / "manager.conf").write_text("[general]\n;channelvars = old\nchannelvars = TENANT, CAMPAIGN ; theirs\n")
    configure_host(settings, etc, program)
    ours = etc / "ccengine" / "manager.conf"
    assert "\n[general](+)\nchannelvars=TENANT,CAMPAIGN,CC_AGENT\n" in ours.read_text()
    assert not [one for one in check_pbx(settings, etc) if not one.ok and "channelvars" in one.what]
    (etc / "manager.conf").write_text("[general]\nchannelvars=TENANT,QUEUE\n")
    (told,) = [one for one in check_pbx(settings, etc) if not one.ok and "channelvars" in one.what]
    assert "missing QUEUE" in told.remedy
    ours.write_text(ours.read_text().replace(",CC_AGENT", ""))
    (told,) = [one for one in check_pbx(settings, etc) if not one.ok and "channelvars" in one.what]
    assert "CC_AGENT" in told.remedy


def test_commented_include_line_does_not_count(settings: Settings, program: Program, tmp_path: Path) -> None:
    etc = tmp_path / "etc-asterisk"
    etc.mkdir()
    for path, line in configure_host(settings, etc, program):
        path.write_text(f";{line}\n")
    found = [finding for finding in check_pbx(settings, etc) if "#include" in finding.what]
    assert found
    assert not any(finding.ok for finding in found)


def test_dialplan_is_sound(settings: Settings) -> None:
    assert lint(settings) == []


def test_host_folder_not_writable_is_named(settings: Settings, program: Program) -> None:
    with pytest.raises(PbxError, match="/proc"):
        configure_host(settings, Path("/proc"), program)


def test_web_server_of_the_pbx_is_on_for_browser_phones_only_and_on_loopback(settings: Settings) -> None:
    configure(settings)
    drop_ins = settings.pbx_dir / "etc" / "ccengine"
    assert "bindaddr=127.0.0.1\nbindport=18088\n" in (drop_ins / "http.conf").read_text()
    pjsip = (drop_ins / "pjsip.conf").read_text()
    assert pjsip.count("webrtc=yes") == len(settings.pbx.phones_in_browser) == 4
    for phone in settings.pbx.devices:  # from the same template as SIP phones: the same context, the same rights
        own = pjsip.split(f"\n[{phone}](cc-phone)\n")[1].split("\n[")[0]
        assert ("webrtc=yes" in own) is (phone in settings.pbx.browser_phones) and "context=" not in own
        assert ("deny=0.0.0.0/0.0.0.0\ndeny=::/0\npermit=127.0.0.1\n" in own) is (phone in settings.pbx.browser_phones)
    none = settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"browser_phones": ()})})
    configure(none)
    etc = settings.pbx_dir / "etc"
    assert not re.search(r"^(enabled|webrtc)=", (drop_ins / "http.conf").read_text(), re.MULTILINE)
    assert "webrtc" not in (drop_ins / "pjsip.conf").read_text()
    assert "noload=res_http_websocket.so" in (etc / "modules.conf").read_text()
    assert "icesupport=no" in (etc / "rtp.conf").read_text()


def test_doctor_looks_for_the_socket_of_browser_phones_and_for_pages_they_may_run_on(
    settings: Settings, pbx: PbxInstance
) -> None:
    assert [one.ok for one in check_browser_phones(pbx.settings)] == [True, True]
    web = settings.web.model_copy(update={"host": "192.0.2.9"})
    nobody = settings.pbx.model_copy(update={"http_port": free_ports(1)[0]})
    away, open_pages = check_browser_phones(settings.model_copy(update={"web": web, "pbx": nobody}))
    assert not away.ok and "res_http_websocket" in away.remedy
    assert not open_pages.ok and "ccengine tls init" in open_pages.remedy
    something_else = settings.pbx.model_copy(update={"http_port": pbx.settings.ami.port})
    assert not check_browser_phones(settings.model_copy(update={"pbx": something_else}))[0].ok
    none = settings.pbx.model_copy(update={"browser_phones": ()})
    assert check_browser_phones(settings.model_copy(update={"pbx": none})) == []
