"""Everything set up and running, and what is printed for the newcomer then: `up`, and the beginning of `demo`.

What does not live here: set-up (site), processes (hosting), sample calls (demo).
"""

from __future__ import annotations

import json

from ccengine.config import Settings
from ccengine.operations import hosting, site
from ccengine.operations.progress import say, step


async def bring_up(settings: Settings, *, demo: bool) -> None:
    """Set up what is missing, start what is down, replace what is half dead, and tell the sign-ins.

    `demo`: with the demo's own agent; every demo tells the sign-ins, otherwise they are told once.
    """
    new = await site.prepare(settings, demo=demo)
    with step("PBX 启动 · start the PBX") as tell:
        hosting.start_pbx(settings, tell)
    with step("引擎和后台启动 · start engine and back office") as tell:
        await hosting.start_run(settings, tell)
    _welcome(settings, sign_ins=new or demo)


def _welcome(settings: Settings, *, sign_ins: bool) -> None:
    """Print the addresses, and the sign-ins or where they are kept."""
    file = site.credentials_file(settings)
    known = json.loads(file.read_text(encoding="utf-8"))
    say()
    say(f"  页面 · pages      {known['web_url']}")
    for person in known["web"] if sign_ins else ():
        say(f"    {person['role']:<14} {person['user']:<11} {person['password']}")
    sip = known["sip"]
    say(f"  电话 · SIP        {sip['host']}:{sip['port']} (UDP, TCP)    热线 · hotline {known['hotline']}")
    for agent in known["agents"] if sign_ins else ():
        say(f"    分机 · phone {agent['extension']}  工号 · agent {agent['number']}  {agent['sip_password']}")
    if sign_ins and (browser := settings.pbx.phones_in_browser):
        say(f"    浏览器电话 · browser phones {', '.join(browser)}")
        say("      坐席登录页面后选择、签入，不用密码 · agents choose theirs when signing in at the desk, no password")
    if sign_ins and (announcer := known.get("announcer")):
        number, pin = announcer["agent_number"], announcer["pin"]
        say(f"    紧急公告 · announcement: {known['hotline']}  #  {number}  {pin}")
    say("    *11 签入 · sign in   *12 签出 · sign out   *13 示忙 · pause")
    say(f"  API               {known['web_url']}/api/v1/docs" + (f"   token {known['api_token']}" if sign_ins else ""))
    say(f"  任何 SIP 软电话拨 {known['hotline']} 即可，无需账号 · any softphone may dial it there, without an account.")
    say(f"  账号、密码和令牌 · sign-ins, passwords, token: {hosting.shown(file)}")
    say()
