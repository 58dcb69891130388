"""Categories and starter reasons, as data.

The two kinds of reason come from Lincoln Murphy's "The Only Two Reasons Customers Churn"; the
leaves are those of the labelling guide, plus the unresolved leaves that keep what was said when
an answer does not decide between the kinds yet. Codes never change; labels may.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Avoidable = Literal["yes", "no", "partly", "unknown"]


class Category(enum.StrEnum):
    """The kind of a reason. `UNRESOLVED` is a state of knowledge, not a third kind."""

    CIRCUMSTANCES = "circumstances"
    REQUIRED_OUTCOME = "required_outcome"
    APPROPRIATE_EXPERIENCE = "appropriate_experience"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class StarterReason:
    """One leaf as it is installed: `labels` and `descriptions` by Django language code."""

    code: str
    category: Category
    avoidable: Avoidable
    labels: Mapping[str, str]
    descriptions: Mapping[str, str]


def _reason(
    code: str,
    category: Category,
    avoidable: Avoidable,
    english: tuple[str, str],
    chinese: tuple[str, str],
) -> StarterReason:
    return StarterReason(
        code=code,
        category=category,
        avoidable=avoidable,
        labels=MappingProxyType({"en": english[0], "zh-hans": chinese[0]}),
        descriptions=MappingProxyType({"en": english[1], "zh-hans": chinese[1]}),
    )


# Circumstances are "partly" avoidable where a product that matters survives them: it is taken
# along, paid first, kept after a merger.
_CIRCUMSTANCES = (
    _reason(
        "business_closed",
        Category.CIRCUMSTANCES,
        "no",
        ("Business closed", "The customer's firm or activity came to an end."),
        ("停业", "客户的公司或业务已经结束。"),
    ),
    _reason(
        "acquired_or_merged",
        Category.CIRCUMSTANCES,
        "partly",
        ("Acquired or merged", "The customer was bought, merged with another firm or split up."),
        ("被收购或合并", "客户被收购、与别的公司合并或被拆分。"),
    ),
    _reason(
        "budget_or_cash_flow",
        Category.CIRCUMSTANCES,
        "partly",
        ("Budget or cash flow", "The customer has no money for it, whatever it costs."),
        ("预算或资金紧张", "客户没有这笔钱，与价格高低无关。"),
    ),
    _reason(
        "need_ended",
        Category.CIRCUMSTANCES,
        "no",
        (
            "Need ended",
            "The project, season or goal is over, the need pauses, or it is met elsewhere anyway.",
        ),
        ("需求结束", "项目、季节或目标已经结束，暂时停用，或需求已在别处得到满足。"),
    ),
    _reason(
        "champion_left",
        Category.CIRCUMSTANCES,
        "partly",
        ("Champion left", "The person who used or wanted it has left or changed role."),
        ("使用者离开", "使用或推动它的人已经离职或换了岗位。"),
    ),
    _reason(
        "relocated_or_life_event",
        Category.CIRCUMSTANCES,
        "no",
        ("Moved or life event", "A move, an illness, a birth, a death or the like changed life."),
        ("搬迁或生活变故", "搬家、生病、生育、亲人离世等改变了生活。"),
    ),
    _reason(
        "mandated_elsewhere",
        Category.CIRCUMSTANCES,
        "partly",
        ("Decided elsewhere", "Head office, a parent firm, a law or a scheme decided for them."),
        ("由他人决定", "总部、母公司、法规或统一安排替客户作了决定。"),
    ),
    _reason(
        "payment_failure",
        Category.CIRCUMSTANCES,
        "partly",
        ("Payment failed", "By the customer's own account it ended because a payment failed."),
        ("付款失败", "据客户所说，因为一笔付款没有成功而终止。"),
    ),
)

_REQUIRED_OUTCOME = (
    _reason(
        "missing_feature",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Missing feature", "A function, option, range or cover they need is not there."),
        ("缺少功能", "没有客户需要的功能、选项、品类或保障。"),
    ),
    _reason(
        "missing_integration",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Missing integration", "It does not work with another system, device or platform."),
        ("缺少对接", "无法与客户的其他系统、设备或平台配合使用。"),
    ),
    _reason(
        "bugs_or_reliability",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Bugs or reliability", "It crashes, fails, breaks, or delivers the wrong thing."),
        ("故障或不稳定", "崩溃、出错、损坏，或给出错误的结果。"),
    ),
    _reason(
        "performance",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Slow or late", "It is slow, late or overcrowded, or eats battery or storage."),
        ("太慢或延误", "速度慢、不准时、人太多，或耗电、占空间。"),
    ),
    _reason(
        "onboarding_or_setup",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Setup or first steps", "They never got through sign-up, installation or first access."),
        ("上手或设置", "没能完成注册、安装或首次使用。"),
    ),
    _reason(
        "not_adopted",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Never adopted", "They or their team never got round to using it."),
        ("未真正用起来", "客户或其团队一直没有真正用起来。"),
    ),
    _reason(
        "results_not_achieved",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Results did not come", "It did what it does and the result they wanted did not come."),
        ("没有达到效果", "产品照常运作，但客户想要的结果没有出现。"),
    ),
    _reason(
        "quality_below_expectations",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Quality too low", "It works, but what it delivers is poor, wrong, dull or unclean."),
        ("质量不如预期", "能用，但内容或成品质量差、不准确、乏味或不卫生。"),
    ),
    _reason(
        "switched_to_competitor_capability",
        Category.REQUIRED_OUTCOME,
        "yes",
        ("Another product is better", "They prefer another product and name nothing that lacks."),
        ("别家更好", "客户更喜欢另一款产品，但没有说出具体缺什么。"),
    ),
)

_APPROPRIATE_EXPERIENCE = (
    _reason(
        "price_or_value_fit",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Price or value fit", "The price, its rise or its paywall does not fit what they get."),
        ("价格或性价比", "价格、涨价或付费门槛与所得不相称。"),
    ),
    _reason(
        "billing_or_contract_terms",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Billing or terms", "How, when or for what money is taken, or how hard it is to end."),
        ("扣费或条款", "扣费的方式、时间、名目，或难以取消。"),
    ),
    _reason(
        "support_quality",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Support", "They asked for help and got none, got it late, or got bad advice."),
        ("客服支持", "寻求帮助却没有得到、来得太晚，或得到错误的建议。"),
    ),
    _reason(
        "hard_to_use",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Hard to use", "It is complicated, confusing or awkward to work with."),
        ("不好用", "操作复杂、令人困惑或不顺手。"),
    ),
    _reason(
        "trust_privacy_security",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Trust or privacy", "They do not trust it: deceit, leaks, spying, the firm's conduct."),
        ("信任或隐私", "客户不再信任：欺骗、泄露、窥探或公司的作风。"),
    ),
    _reason(
        "communication_or_relationship",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Communication", "They felt ignored, badly treated, pressed or not told."),
        ("沟通与关系", "客户感到被忽视、被怠慢、被强推，或没有被告知。"),
    ),
    _reason(
        "product_changed",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Product changed", "An update, redesign or removal made it worse for them."),
        ("产品变了", "更新、改版或下架功能让它变差了。"),
    ),
    _reason(
        "ads_or_nagging",
        Category.APPROPRIATE_EXPERIENCE,
        "yes",
        ("Ads or nagging", "Too many advertisements, pop-ups, notifications, calls or mails."),
        ("广告或打扰", "广告、弹窗、通知、推销电话或邮件太多。"),
    ),
    _reason(
        "wrong_fit_for_segment",
        Category.APPROPRIATE_EXPERIENCE,
        "partly",
        ("Not for people like us", "It is made for another size, region, skill or trade."),
        ("不适合我们", "它是为别的规模、地区、水平或行业而做的。"),
    ),
)

_UNRESOLVED = (
    _reason(
        "unclear",
        Category.UNRESOLVED,
        "unknown",
        ("Unclear", "The answer gives no reason that could be read."),
        ("不明确", "从回答中读不出原因。"),
    ),
    _reason(
        "price_unprobed",
        Category.UNRESOLVED,
        "unknown",
        ("Price, not probed", "They said it costs too much, and were not asked what that means."),
        ("价格，未追问", "客户说太贵，但没有追问具体含义。"),
    ),
    _reason(
        "unused_unprobed",
        Category.UNRESOLVED,
        "unknown",
        ("Hardly used, not probed", "They said they hardly use it, and were not asked why."),
        ("很少使用，未追问", "客户说很少使用，但没有追问为什么。"),
    ),
    _reason(
        "not_needed_unprobed",
        Category.UNRESOLVED,
        "unknown",
        ("No longer needed, not probed", "They said they need it no longer, and not why."),
        ("不再需要，未追问", "客户说不再需要，但没有追问为什么。"),
    ),
    _reason(
        "switched_unprobed",
        Category.UNRESOLVED,
        "unknown",
        ("Found something else, not probed", "They said they found something else, and not why."),
        ("另有选择，未追问", "客户说找到了别的产品，但没有追问为什么。"),
    ),
)

STARTER_REASONS: tuple[StarterReason, ...] = (
    _CIRCUMSTANCES + _REQUIRED_OUTCOME + _APPROPRIATE_EXPERIENCE + _UNRESOLVED
)

CATEGORY_OF: Mapping[str, Category] = MappingProxyType(
    {reason.code: reason.category for reason in STARTER_REASONS}
)

UNRESOLVED_LEAVES: frozenset[str] = frozenset(reason.code for reason in _UNRESOLVED)

# Provider -> its code as it arrives -> reason code. None: the code says how it ended, or
# nothing at all, so the reason stays unknown. Codes that straddle the two kinds of reason keep
# what was said as an unresolved leaf.
STARTER_PROVIDER_REASONS: Mapping[str, Mapping[str, str | None]] = MappingProxyType(
    {
        "stripe": MappingProxyType(
            {
                "customer_service": "support_quality",
                "low_quality": "quality_below_expectations",
                "missing_features": "missing_feature",
                "switched_service": "switched_unprobed",
                "too_complex": "hard_to_use",
                "too_expensive": "price_unprobed",
                "unused": "unused_unprobed",
                "other": None,
                "cancellation_requested": None,
                "payment_disputed": None,
                "payment_failed": None,
                "canceled_by_retention_policy": None,
            }
        ),
        "google_play": MappingProxyType(
            {
                "0": None,
                "1": "unused_unprobed",
                "2": "bugs_or_reliability",
                "3": "price_unprobed",
                "4": "switched_unprobed",
            }
        ),
        "revenuecat": MappingProxyType(
            {
                "UNSUBSCRIBE": None,
                "BILLING_ERROR": None,
                "DEVELOPER_INITIATED": None,
                "PRICE_INCREASE": "price_unprobed",
                "CUSTOMER_SUPPORT": "support_quality",
                "UNKNOWN": None,
                "SUBSCRIPTION_PAUSED": None,
            }
        ),
        "recurly": MappingProxyType(
            {
                "Canceled": None,
                "Non-payment": None,
                "Fixed billing cycles": None,
                "Tax Location Invalid": None,
                "Nonpayment_gift": None,
                "Nonpayment_trial": None,
                "Account_closed": None,
            }
        ),
        "chargebee": MappingProxyType(
            {
                "not_paid": None,
                "no_card": None,
                "fraud_review_failed": None,
                "non_compliant_eu_customer": None,
                "non_compliant_customer": None,
                "tax_calculation_failed": None,
                "currency_incompatible_with_gateway": None,
            }
        ),
        "apple": MappingProxyType(
            {"1": None, "2": None, "3": "price_unprobed", "4": None, "5": None}
        ),
    }
)
