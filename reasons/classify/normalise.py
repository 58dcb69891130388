"""One spelling of a text, with the offsets of the original.

`fold` keeps the length, so an offset into the folded text is an offset into the text as given.
`words` makes the tokens that the word lists and the word features are written in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# What is read of an answer; the rest of a longer one is ignored, so that cost is bounded. The
# longest comment that a billing system passes on has 5,000.
READ_CHARACTERS = 6_000

# Traditional characters that answers of this kind use, each with its simplified form.
_TRADITIONAL = (
    "愛爱礙碍報报備备筆笔幣币變变標标別别賓宾補补參参蠶蚕層层產产長长場场廠厂車车徹彻塵尘陳陈稱称懲惩遲迟衝冲"
    "蟲虫籌筹處处觸触傳传創创純纯詞词從从錯错達达帶带單单擔担當当黨党檔档導导燈灯鄧邓敵敌遞递點点電电調调釘钉"
    "訂订東东動动凍冻獨独讀读斷断對对隊队頓顿奪夺惡恶兒儿爾尔發发罰罚飯饭範范費费紛纷風风豐丰瘋疯馮冯復复複复"
    "負负婦妇該该蓋盖趕赶幹干剛刚綱纲個个給给夠够構构購购顧顾關关觀观館馆慣惯廣广規规軌轨櫃柜貴贵國国過过還还"
    "漢汉號号轟轰後后壞坏歡欢環环換换會会匯汇獲获貨货禍祸機机積积擊击極极級级幾几計计記记際际繼继紀纪價价檢检"
    "見见間间艱艰減减薦荐鑑鉴將将漿浆獎奖講讲醬酱膠胶腳脚較较階阶節节潔洁結结屆届緊紧僅仅進进盡尽經经驚惊靜静"
    "競竞舊旧舉举據据覺觉決决絕绝軍军開开凱凯課课殼壳懇恳庫库褲裤塊块寬宽虧亏擴扩來来蘭兰攔拦爛烂樂乐離离禮礼"
    "裡里裏里歷历厲厉勵励麗丽聯联連连練练鏈链糧粮兩两輛辆涼凉療疗聊聊領领靈灵齡龄劉刘龍龙樓楼錄录陸陆亂乱論论"
    "羅罗邏逻絡络媽妈馬马碼码嗎吗買买賣卖麥麦滿满慢慢貓猫沒没門门們们夢梦彌弥綿绵廟庙滅灭敏敏鳴鸣謀谋難难腦脑"
    "惱恼鬧闹內内擬拟膩腻鳥鸟寧宁濃浓農农盤盘賠赔騙骗頻频貧贫評评憑凭潑泼撲扑齊齐騎骑豈岂啟启氣气棄弃遷迁簽签"
    "錢钱淺浅強强牆墙搶抢橋桥親亲輕轻傾倾請请慶庆窮穷區区趨趋權权勸劝確确讓让擾扰熱热認认榮荣軟软銳锐潤润灑洒"
    "賽赛傘伞喪丧掃扫殺杀曬晒閃闪傷伤賞赏燒烧紹绍設设攝摄審审聲声勝胜師师時时識识實实適适勢势試试視视釋释飾饰"
    "壽寿獸兽書书輸输屬属術术樹树數数帥帅雙双誰谁稅税順顺說说碩硕絲丝飼饲鬆松訴诉蘇苏雖虽隨随歲岁損损縮缩鎖锁"
    "態态臺台檯台談谈嘆叹湯汤討讨題题體体條条貼贴鐵铁聽听廳厅統统頭头圖图團团脫脱彎弯萬万網网違违圍围為为維维"
    "衛卫穩稳問问無无誤误務务霧雾習习係系繫系戲戏細细蝦虾嚇吓險险顯显縣县現现線线憲宪鄉乡詳详響响項项銷销曉晓"
    "協协寫写謝谢興兴選选學学詢询訊讯訓训壓压亞亚煙烟嚴严鹽盐驗验養养樣样癢痒頁页業业葉叶醫医儀仪遺遗億亿義义"
    "藝艺議议憶忆譯译異异陰阴銀银飲饮隱隐應应營营贏赢優优憂忧郵邮遊游於于與与語语預预緣缘遠远願愿約约閱阅雲云"
    "運运暈晕雜杂災灾載载暫暂贊赞髒脏則则責责擇择澤泽賊贼贈赠戰战張张漲涨帳帐賬账診诊陣阵爭争徵征鄭郑證证隻只"
    "織织職职執执紙纸誌志製制質质鐘钟種种眾众週周晝昼豬猪築筑註注駐驻專专轉转賺赚莊庄裝装狀状準准資资總总組组"
    "這这鑽钻罵骂棧栈捨舍鍵键介介釐厘採采誇夸餘余佔占冊册衹只傢家"
)

_FOLD: dict[int, str] = {
    **{ord(_TRADITIONAL[i]): _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL), 2)},
    # Full-width forms, typographic apostrophes and quotation marks.
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x02BC, 0x00B4, 0x0060), "'"),
    0x3000: " ",
    0x00A0: " ",
}

CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
CJK_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(f"\\d+(?:[.,]\\d+)*|[^\\W\\d_{CJK}]+(?:'[^\\W\\d_{CJK}]+)*")
_STRETCHED = re.compile(r"(.)\1{2,}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\ud800-\udfff]")

_CONTRACTIONS = {
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "aint": ("is", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "nt": ("not",),
    "u": ("you",),
    "ur": ("your",),
    "adds": ("ads",),
    "cos": ("because",),
    "coz": ("because",),
    "cuz": ("because",),
    "cus": ("because",),
    "gonna": ("going", "to"),
    "dosent": ("does", "not"),
    "doesent": ("does", "not"),
    "dosnt": ("does", "not"),
}
_ENDINGS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_NEGATED_TEXT = """
dont doesnt didnt isnt wasnt arent werent havent hasnt hadnt wouldnt couldnt shouldnt mustnt neednt
"""
_NEGATED = frozenset(_NEGATED_TEXT.split())


class Word(NamedTuple):
    """A token as the word lists spell it, with the offsets of what was typed."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """`text` in lower case, simplified characters and plain punctuation, of the same length.

    NUL, other control characters, bidi marks and lone surrogates become blanks.
    """
    folded = _UNPRINTABLE.sub(" ", text.translate(_FOLD))
    lowered = folded.lower()
    if len(lowered) != len(folded):
        # A few letters (Turkish dotted capital I) grow when lowered; those stay as they are.
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)
    return lowered


@lru_cache(maxsize=20_000)
def _spellings(token: str) -> tuple[str, ...]:
    """The words one typed token stands for: "don't" is two, "sooo" is "so"."""
    token = _STRETCHED.sub(r"\1", token)
    if token in _CONTRACTIONS:
        return _CONTRACTIONS[token]
    if token in _NEGATED:
        return (token[:-2], "not")
    if "'" not in token:
        return (token,)
    joined = token.replace("'", "")
    if joined in _CONTRACTIONS:
        return _CONTRACTIONS[joined]
    if joined in _NEGATED:
        return (joined[:-2], "not")
    stem, _, ending = token.rpartition("'")
    if ending in _ENDINGS:
        return (stem, _ENDINGS[ending])
    return (stem,) if ending == "s" else (stem, ending)


def words(folded: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of `folded[start:end]` outside Chinese and Japanese runs, negations spelt out."""
    found: list[Word] = []
    for match in _WORD.finditer(folded, start, len(folded) if end is None else end):
        begin, stop = match.span()
        found += [Word(part, begin, stop) for part in _spellings(match.group())]
    return found
