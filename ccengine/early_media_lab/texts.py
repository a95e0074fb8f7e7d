"""What Chinese carriers say before a call is answered: the sentences that both sets are spoken from.

`SEEN` is spoken by the building voices; the test voices speak it too, and `UNSEEN`, wordings that the building set does
not hold. Written from the carriers' common announcements; no recording of a carrier was used. What does not live here:
which part of a sentence decides (early_media/phrases.py), the sound.
"""

from __future__ import annotations

#: kind -> (Mandarin, English) sentences. "other" is speech that is no announcement about the number called.
SEEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vacant": (
        ("您好，您拨打的号码是空号，请核对后再拨。", "对不起，您拨打的号码不存在，请核对后再拨。"),
        ("Sorry, the number you dialed does not exist, please check it and dial later.",),
    ),
    "switched_off": (
        ("您好，您拨打的电话已关机。", "对不起，您拨打的用户已关机，请稍后再拨。"),
        ("Sorry, the subscriber you dialed is power off.", "Sorry, the phone you dialed is powered off."),
    ),
    "out_of_service": (
        ("您好，您拨打的电话已停机。", "对不起，您拨打的号码已暂停服务。"),
        ("Sorry, the number you dialed is out of service.",),
    ),
    "unreachable": (
        ("您好，您拨打的电话暂时无法接通，请稍后再拨。", "对不起，您拨打的用户不在服务区，请稍后再拨。"),
        (
            "Sorry, the subscriber you dialed can not be connected for the moment, please redial later.",
            "Sorry, the subscriber you dialed is not in the service area, please redial later.",
        ),
    ),
    "busy": (
        ("您好，您拨打的电话正在通话中，请稍后再拨。", "对不起，您拨打的用户正忙，请稍后再拨。"),
        ("Sorry, the subscriber you dialed is busy now, please redial later.",),
    ),
    "no_answer": (
        ("您好，您拨打的电话暂时无人接听，请稍后再拨。",),
        ("Sorry, there is no answer at the moment, please redial later.",),
    ),
    "changed": (
        ("您好，您拨打的号码已改号。", "对不起，您拨打的号码已更改，请查询后再拨。"),
        ("Sorry, the number you dialed has been changed.",),
    ),
    "congestion": (
        ("对不起，网络忙，请稍后再拨。", "对不起，线路忙，请稍后再拨。"),
        ("Sorry, the network is busy, please try again later.",),
    ),
    "other": (
        (
            "您好，这里是清源供排水公司，请问有什么可以帮您？",
            "您好，我现在不方便接电话，请在提示音后留言。",
            "欢迎致电本公司，查询业务请按一，人工服务请按零。",
            "明天上午八点到下午五点，解放路一带停水，请提前储水。",
            "机器正在维修，我们在路口等你，记得带上号码牌。",
        ),
        (
            "Hello, please leave a message after the tone.",
            "Welcome to our company, please wait for a moment, your call is important to us.",
        ),
    ),
}
UNSEEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vacant": (("您所拨打的号码是空号，请查证后再拨。",), ("The number you have dialed does not exist.",)),
    "switched_off": (("您拨叫的用户已关机。",), ("The subscriber you have called is power off.",)),
    "out_of_service": (("您拨叫的号码已停机，详情请咨询营业厅。",), ("The number you have called is out of service.",)),
    "unreachable": (
        ("您所拨打的电话无法接通。", "您拨叫的电话不在服务区。"),
        ("The number you have dialed can not be connected.",),
    ),
    "busy": (("请不要挂机，您拨叫的用户正在通话中。",), ("The number you have called is busy now.",)),
    "no_answer": (("您拨叫的用户暂时无人接听。",), ()),
    "changed": (("您拨叫的号码已改号，请查询后再拨。",), ()),
    "congestion": (("您好，现在网络忙，请您稍后再拨。",), ()),
    "other": (
        (
            "喂，你好，我是张三，现在有事不在，回头给你打过去。",
            "感谢您的来电，您的电话将被录音，请稍等。",
            "今天天气很好，我们一起去公园散步，然后回家吃饭。",
            "本月水费一百二十三元，请于月底之前缴纳。",
        ),
        ("Thank you for calling, all our agents are helping other customers.",),
    ),
}
#: How words are read that the dictionary reads otherwise.
READ_AS = {"空号": "kong1 hao4", "改号": "gai3 hao4"}
SAID_AS = {"redial": "ɹidˈIəl", "dialed": "dˈIəld", "powered": "pˈWəɹd"}
BUILDING_VOICES = ("zf_xiaobei", "zm_yunxi", "zf_xiaoxiao", "zm_yunjian", "zm_yunxia")
TEST_VOICES = ("zf_xiaoni", "zm_yunyang", "zf_xiaoyi")
#: The English halves are spoken by these, one for each Mandarin voice.
BUILDING_ENGLISH = ("af_heart", "am_adam", "bf_emma", "af_sarah", "am_michael")
TEST_ENGLISH = ("af_nova", "am_eric", "af_bella")
