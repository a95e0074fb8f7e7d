"""What strangers may write into a SIP request stands in no AMI event, no journal line and no AGI header."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from pbx_engines import deciding, engine
from pbx_instance import PbxInstance
from phones import Phones
from sipp import Sipp

pytestmark = pytest.mark.pbx

FORGED = "%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%20forged"


@asynccontextmanager
async def ami_events(pbx: PbxInstance) -> AsyncIterator[list[str]]:
    """Everything the events user is sent, line by line."""
    reader, writer = await asyncio.open_connection(pbx.settings.ami.host, pbx.settings.ami.port)
    secret = pbx.secrets.ami["cc_events"]
    writer.write(f"Action: Login\r\nUsername: cc_events\r\nSecret: {secret}\r\n\r\n".encode())
    lines: list[str] = []

    async def read() -> None:
        while line := await reader.readline():
            lines.append(line.decode("utf-8", errors="replace").rstrip("\r\n"))

    task = asyncio.create_task(read())
    await pbx.wait_for(lambda: "Event: FullyBooted" in lines, "the login")
    yield lines
    task.cancel()
    writer.close()


@pytest.mark.parametrize(
    ("from_header", "headers"),
    [
        (f"<sip:138{FORGED}@127.0.0.1>", ""),
        (f'"x{FORGED}\\" \\\\ forged, 张三|y ${{SHELL(id)}}" <sip:13812345678@127.0.0.1>', ""),
        ('"<script>x()</script>" <sip:13812345678%22%2cforged@127.0.0.1>', ""),
        ("<sip:13812345678@127.0.0.1>", f"Diversion: <sip:139%0a{FORGED}@127.0.0.1>;reason=unconditional"),
        ("<sip:13812345678@127.0.0.1>", f'P-Asserted-Identity: "forged" <sip:139{FORGED}@127.0.0.1>'),
        ("<sip:13812345678@127.0.0.1>", f'Remote-Party-ID: "forged" <sip:139{FORGED}@127.0.0.1>;party=calling'),
        ("<sip:13812345678@127.0.0.1>", 'User-Agent: forged"|%0d%0a\nSubject: forged'),
        ("<sip:cc-trunk@127.0.0.1>", 'Call-Info: <sip:forged>\nX-Forged: "forged|"'),
    ],
    ids=["user", "display", "markup", "diversion", "pai", "rpid", "agent", "trunk-name"],
)
async def test_hostile_header_injects_nothing(pbx: PbxInstance, sipp: Sipp, from_header: str, headers: str) -> None:
    async with ami_events(pbx) as lines, engine(pbx.settings, deciding(CC_TO="hangup")) as said:
        sipp.calls(from_header=from_header, headers=headers, seconds=1)
        await pbx.wait_for(lambda: pbx.cel("LINKEDID_END"), "the end of the call")
        await pbx.wait_for(lambda: "Event: Hangup" in lines, "the hangup event")
    raw = pbx._since(pbx.settings.cel_file).splitlines()
    assert not [line for line in lines if line == "Uniqueid: forged" or ("forged" in line and FORGED in line)]
    assert lines.count("Event: Hangup") == 1
    assert all(line.startswith('"') and line.endswith('"') for line in raw)
    assert bool(pbx.facts("CC_CALL")[0]["num"]) == ("sip:13" in from_header)
    for row in pbx.cel():
        assert set(row["cid_num"]) <= set("0123456789+")
        assert not set(row["cid_name"]) & set("\"',|\\%$&\r\n")
    assert not [line for line in pbx.queue_log() if "forged" in "|".join(line)]
    assert all(line.startswith("agi_") for line in said if line)
    assert not [line for line in said if line.startswith("Event")]


async def test_long_name_ends_with_a_whole_character(pbx: PbxInstance, sipp: Sipp) -> None:
    name = "张三李四王五赵六钱七孙八周九吴十郑一王二张三李四王五"
    sipp.calls(from_header=f'"A{name}" <sip:13812345678@127.0.0.1>', seconds=0.2)
    await pbx.wait_call_over()
    assert pbx.cel("CC_CALL")[0]["cid_name"] == f"A{name}"[:20]


async def test_call_by_tcp_is_answered(pbx: PbxInstance, sipp: Sipp) -> None:
    process = sipp.calls(seconds=0.5, tcp=True)
    await pbx.wait_call_over()
    await pbx.wait_for(lambda: process.poll() is not None, "the caller")
    assert process.returncode == 0
    assert pbx.facts("CC_CALL")[0]["num"] == "13900000000"


async def test_dialled_number_other_than_the_hotline_is_refused(pbx: PbxInstance, phones: Phones, sipp: Sipp) -> None:
    for target in ("963901", "1001", "*11", f"96390{FORGED}"):
        process = sipp.calls(target=target, seconds=1)
        await pbx.wait_for(lambda process=process: process.poll() is not None, "the refusal")
        assert process.returncode != 0
    assert pbx.cel() == []


async def test_trunk_is_known_by_its_address_only(pbx: PbxInstance) -> None:
    shown = pbx.cli("pjsip show endpoint cc-trunk")
    for name, value in (("identify_by", "ip"), ("trust_id_inbound", "false"), ("allow_transfer", "false")):
        assert re.search(rf"^ *{name} *: {value}$", shown, re.MULTILINE), name


async def test_browser_phone_is_nobody_who_comes_from_elsewhere(pbx: PbxInstance) -> None:
    there = (pbx.settings.pbx.sip_host, pbx.settings.pbx.sip_port)
    uri = f"sip:{there[0]}"

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    def said(line: socket.socket, phone: str, number: int, more: str = "") -> str:
        """Ask by REGISTER without a Contact, which changes nothing, what the PBX has of the phone."""
        here = "{}:{}".format(*line.getsockname())
        line.sendto(
            f"REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{uuid4().hex}\r\n"
            f"From: <sip:{phone}@{here}>;tag=1\r\nTo: <sip:{phone}@{there[0]}>\r\nCall-ID: {phone}@{here}\r\n"
            f"CSeq: {number} REGISTER\r\nMax-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n".encode(),
            there,
        )
        while f"CSeq: {number} " not in (answer := line.recv(4096).decode()):
            pass  # the answer to the first one, told again
        return answer

    def status(here: str, phone: str) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((here, 0))
            line.settimeout(20)
            asked = dict(re.findall(r'(realm|nonce|opaque)="([^"]*)"', said(line, phone, 1)))
            secret = md5(phone, asked["realm"], pbx.secrets.sip[phone])
            response = md5(secret, asked["nonce"], "00000001", "me", "auth", md5("REGISTER", uri))
            given = {**asked, "username": phone, "uri": uri, "cnonce": "me", "response": response}
            quoted = ", ".join(f'{name}="{value}"' for name, value in given.items())
            digest = f"Authorization: Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001\r\n"
            return said(line, phone, 2, digest).split(" ")[1]

    told = {(here, phone): status(here, phone) for here in ("127.0.0.1", "127.0.0.2") for phone in ("1001", "2001")}
    assert told.pop(("127.0.0.2", "2001")) == "401", "its password is right, its address is not"
    assert set(told.values()) == {"200"}


async def test_wrong_password_is_in_the_security_log(pbx: PbxInstance) -> None:
    log = pbx.settings.pbx_dir / "log" / "ccengine-security.log"
    before = log.stat().st_size
    reader, writer = await asyncio.open_connection(pbx.settings.ami.host, pbx.settings.ami.port)
    writer.write(b"Action: Login\r\nUsername: cc_events\r\nSecret: wrong\r\n\r\n")
    await reader.read()
    writer.close()
    assert b"InvalidPassword" in log.read_bytes()[before:]


async def test_ami_users_have_no_more_rights_than_they_need(pbx: PbxInstance) -> None:
    actions, events = pbx.cli("manager show user cc_actions"), pbx.cli("manager show user cc_events")
    assert "write perm: call,agent,user,reporting,originate\n" in actions
    assert "write perm: <none>\n" in events
