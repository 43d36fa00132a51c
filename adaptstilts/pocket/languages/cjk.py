"""CJK-like: subject verb object, no spaces, words of one or two characters."""

from adaptstilts.pocket.language import Language

_BASE = (
    "人大山水火木金土日月天地石田心手目口耳足力女子王玉竹米糸羊羽老肉臣自至舌舟色虫血行衣西見角言谷豆貝赤走身車辛里"
    "長門青音風食首香馬高鳥魚"
)
_MORE = (
    "黃黑鼓鼻龍龜冬夏春秋東南北星雨雲雪電河海湖島林森花草葉根果種米麥豆菜茶酒油糖盐飯麵包蛋奶刀針線布紙筆書畫歌舞琴"
    "棋箱桌椅床門窗牆屋樓橋路街市村城國家店校院園場站港"
)
_LAST = "父母兄弟姐妹爺孫師生友客主醫農工商兵官民賣買看聽說讀寫想知愛恨笑哭跑跳飛游拉推打開關坐站睡醒問答教學做用送拿放找給借還修洗煮切吃喝"
_CHARACTERS = tuple(dict.fromkeys(_BASE + _MORE + _LAST))
_NAME_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]

LANGUAGE = Language(
    code="qae",
    name="CJK-like",
    script="Han",
    order="SVO",
    verb=("V+past", "not V+past", "pass V+past", "not pass V+past"),
    syllables=_CHARACTERS,
    lengths=(1, 2),
    spaced=False,
    affixes={"past": "了", "pass": "被"},
    stop="。",
    question="？",
    letters={syllable: chr(0x5C00 + at) for at, syllable in enumerate(_NAME_SYLLABLES)},
)
