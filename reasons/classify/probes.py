"""Answers that say no more than a word which straddles the two kinds of reason.

"Too expensive", "not using it", "no longer need it" and "found something else" may each be a
circumstance, an outcome that did not come or an experience that did not fit. A text is *bare* when
nothing is left of it after such words and filler are taken away; a single word that neither list
knows makes it concrete, so doubt falls on the side of taking people at their word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from reasons.classify.normalise import CJK_RUN, fold, words

# The leaf that a bare text is read as, and the unresolved leaf that it is counted under.
UNPROBED_LEAF: Mapping[str, str] = MappingProxyType(
    {
        "price_or_value_fit": "price_unprobed",
        "not_adopted": "unused_unprobed",
        "need_ended": "not_needed_unprobed",
        "switched_to_competitor_capability": "switched_unprobed",
    }
)

# Longer texts say something; the limits also bound the work.
_MOST_WORDS = 30
_MOST_CHARACTERS = 300

# Spelt as `normalise.words` spells them; `*` ends a word that may go on, `a|b` is either.
_PHRASES = {
    "price_or_value_fit": (
        "too|so|very|way expensive|pricey|costly|dear|steep",
        "expensive|pricey|costly|overpriced|unaffordable",
        "cost*|charge* too|so much",
        "too much money",
        "too|so high",
        "high|higher price*|cost*|fee*",
        "not worth it|the price|money|cost",
        "not worth it",
        "price*|pricing|cost*",
        "cheaper",
        "can|could not justify",
        "fee*",
        "not cheap",
    ),
    "not_adopted": (
        "not|never|hardly|barely|rarely|seldom|scarcely really|even use*|using",
        "not|never|hardly|barely|rarely|seldom|scarcely use|used|using|uses",
        "stop*|no use|used|using|longer",
        "stop*|stopped using|use",
        "no longer use|using|used",
        "no longer in use",
        "not get|getting enough use",
        "not in use",
        "unused",
    ),
    "need_ended": (
        "no longer need*|require*|necessary|relevant",
        "not need*|require*|necessary",
        "not have a|any need|use",
        "no need|use for",
        "no need",
        "not needed",
        "do not want",
        "not want|interested",
    ),
    "switched_to_competitor_capability": (
        "found|find|got|have|using|use|prefer something|another|a|an|the|other else|better|one",
        "found|find|got|have|using|use|prefer|tried a|an|the different|alternative|other",
        "switch*|mov*|chang*|going|went to|with something|someone|another|a|the|other else|better",
        "switch*|mov*|chang*|going|went to|with a|an|another|the different|alternative|one",
        "switch*|migrat*|chang* provider*|service*|tool*|app*|software|vendor*|product*",
        "went|going elsewhere|with|to",
        "found|find|using|use another|other|alternative*",
        "switch*|mov*|migrat*|went|going to|with another|other",
        "switch*|migrat* to",
        "switched",
        "another|other|different|better alternative*|option*|product*|app*|tool*|one|service*",
        "alternative*",
        "something else|better",
        "someone else",
        "somewhere else",
        "elsewhere",
        "competitor*",
    ),
}

_FILLER_TEXT = """
a an the this that it its they them there he i we you your my our us me am is are was were be been
being has have had do does did to of in on at for with and or but so as if too very much more most
any anymore enough all just simply only really quite rather pretty bit little lot far way honestly
basically actually frankly currently now right moment point time days these longer well sorry
thanks thank please hi hello because since reason reasons main thing things get gets got getting
what offer offers product products app apps tool tools service services software subscription
subscriptions plan plans monthly yearly annual per membership account program platform system
provider company solution good great nice fine love loved like liked think feel find found seems
seem would will want wanted need often ever regularly still became become overall lately anything
one ones how long cancel cancelled canceling cancelling cancellation leave leaving left it'd guess
case else option options alternative alternatives use using used justify worth keep keeping pay
paying going which afraid something another other unfortunately sadly mostly mainly general
personally opinion
"""
_FILLER = frozenset(_FILLER_TEXT.split())
_NAMED_AFTER = frozenset(("to", "with"))

_PHRASES_ZH = {
    "price_or_value_fit": (
        "性价比(?:太|不|有点|比较)?(?:低|高|差)?|(?:价格|费用|收费|价钱|年费|月费|会员费|成本)(?:有点|有些|太|偏|比较|实在|真的|确实|过|稍|略)*(?:高|贵)"
        "|贵|不便宜|不划算|划不来|不值得|不值|不实惠|想省钱|便宜"
    ),
    "not_adopted": (
        "不(?:怎么|咋|太|大|经常|常|在|再)?(?:使用|用)(?!着|上|到|不|处|户)"
        "|没有?(?:怎么|咋|太|经常|常|在|再)(?:使用|用)|没有?使用|(?:很少|几乎不|基本不|用得|用的|使用)(?:使用|用|少|不多)"
        "|用得(?:很|比较|太)?少|用的(?:很|比较|太)?少|使用(?:频率|率)(?:太|很|不)?(?:低|高)|闲置"
    ),
    "need_ended": ("(?:不|不再|没|没有|无)(?:太|怎么|什么)?(?:需要|需求)|用不着|用不上|用不到"),
    "switched_to_competitor_capability": (
        "(?:找到|发现|有|换成|换了|换|改用|选择|选|用|转用|转到|投奔)(?:了|到|成)?(?:更好|更合适|其他|其它|别|另外|另一|一)"
        "(?:的|家|款|个)?(?:更好的|更合适的|别的|的)?(?:产品|软件|平台|工具|服务|供应商|家|系统|选择|替代品)?"
        "|换(?:软件|平台|供应商|系统|工具|家)|替代品|有替代"
    ),
}
_FILLER_ZH = re.compile(
    "对于|对|我们|我|你们|咱们|来说|来讲|而言|觉得|感觉|认为|有点儿|有点|有些|太|很|非常|真的|实在|确实|就是|只是|因为|由于|主要|原因|"
    "是|这个|这款|这家|这|那个|产品|软件|服务|会员|价格|费用|套餐|订阅|平台|工具|系统|功能|东西|现在|已经|目前|暂时|最近|平时|"
    "一点|点|吧|啊|呢|呀|哦|哈|嘛|的|了|得|着|过|谢谢|抱歉|不好意思|公司|都|也|还|挺|比较|稍微|略|可能|应该|所以|但是|但|不过|"
    "好用|不错|挺好|很好|它|他|们|再|又|就|才|续费|续|订|取消|退订|继续|使用|用|去|来|最|更|什么|怎么|那么|这么|一直|基本|而已|罢了|"
    "偏|过于|略微|吗|在|一|个|家|款|有|会|想|要|不想|不打算|打算|到|期|老师|您好|你好|没必要|必要"
)


def _alternatives(phrase: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split("|")) for part in phrase.split())


_COMPILED = tuple(
    (leaf, _alternatives(phrase))
    for leaf, phrases in _PHRASES.items()
    for phrase in sorted(phrases, key=lambda text: -len(text.split()))
)
_COMPILED_ZH = {leaf: re.compile(pattern) for leaf, pattern in _PHRASES_ZH.items()}


def _is(word: str, spellings: tuple[str, ...]) -> bool:
    return any(word.startswith(s[:-1]) if s.endswith("*") else word == s for s in spellings)


def _longest(words_left: Sequence[str]) -> tuple[str, int]:
    """The leaf and length of the longest phrase that `words_left` begin with, or "" and 0."""
    best = ("", 0)
    for leaf, phrase in _COMPILED:
        if best[1] < len(phrase) <= len(words_left) and all(map(_is, words_left, phrase)):
            best = (leaf, len(phrase))
    return best


def _covered_words(text: str, folded: str) -> tuple[list[str], bool]:
    """The leaves that the words outside Chinese runs name, and whether nothing else is said."""
    found = words(folded)
    texts = [word.text for word in found]
    if len(texts) > _MOST_WORDS:
        return [], False
    leaves: list[str] = []
    position = 0
    while position < len(texts):
        leaf, length = _longest(texts[position:])
        if leaf:
            leaves.append(leaf)
            position += length
            if texts[position - 1] in _NAMED_AFTER:
                # "Switched to Acme" names where they went, not why.
                while position < len(texts) and text[found[position].start].isupper():
                    position += 1
        elif texts[position] in _FILLER:
            position += 1
        else:
            return [], False
    return leaves, True


def _covered_characters(run: str) -> tuple[list[str], bool]:
    """The same for one run of Chinese."""
    named: list[tuple[int, str]] = []
    rest = run
    for leaf, pattern in _COMPILED_ZH.items():
        named += [(match.start(), leaf) for match in pattern.finditer(rest)]
        # Blanks keep the offsets, and keep what stood apart from growing together.
        rest = pattern.sub(lambda match: " " * len(match.group()), rest)
    return [leaf for _, leaf in sorted(named)], not _FILLER_ZH.sub("", rest).strip()


def bare_leaves(text: str) -> tuple[str, ...]:
    """The leaves that `text` names barely, best first; empty where it says anything concrete.

    Best is what was said first, but for "found something else", which names a destination and
    gives way to anything said beside it.
    """
    if len(text) > _MOST_CHARACTERS:
        return ()
    folded = fold(text)
    leaves, bare = _covered_words(text, folded)
    for run in CJK_RUN.findall(folded):
        named, nothing_else = _covered_characters(run)
        leaves += named
        bare = bare and nothing_else
    if not bare:
        return ()
    ordered = list(dict.fromkeys(leaves))
    return tuple(sorted(ordered, key=lambda leaf: leaf == "switched_to_competitor_capability"))
