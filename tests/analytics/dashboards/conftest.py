import pytest
import time_machine

from analytics import rollups
from reasons.defaults import install_defaults
from reasons.models import Reason
from surveys.models import Cancellation
from tests.analytics.scenes import lost, pays
from tests.factories.reasons import answered, reason
from tests.factories.users import logged_in, of_role

NOW = "2026-11-21T09:40:00Z"
XSS = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def autumn(db):
    """Eleven losses of the last three months: eight heard from, seven settled; four before."""
    install_defaults()
    pays(since="2025-01-01", plan="Pro", country="DE")
    for day in ("2026-09-01", "2026-09-15", "2026-10-05", "2026-11-02"):
        lost(on=day, because="missing_integration", plan="Pro", country="DE", mrr="100.00")
    lost(on="2026-10-06", because="hard_to_use", plan="Team", country="FR", mrr="40.00")
    lost(on="2026-10-07", because="hard_to_use", plan="Team", country="FR", mrr=None)
    lost(on="2026-10-20", because="business_closed", plan="Team", country="FR", mrr="40.00")
    lost(on="2026-10-21", because="price_unprobed", plan="Team", country="FR", mrr="40.00")
    for day in ("2026-09-03", "2026-10-08", "2026-11-20"):
        lost(on=day, plan=XSS, country="US", mrr="10.00")
    for day in ("2026-06-01", "2026-07-01", "2026-08-01"):
        lost(on=day, because="hard_to_use", plan="Pro", country="DE", mrr="100.00")
    lost(on="2026-08-02", plan="Pro", country="DE", mrr="100.00")
    rollups.refresh()


@pytest.fixture
def spoken(autumn):
    """One of the autumn's customers wrote something; returns the cancellation."""
    cancellation = Cancellation.objects.get(loss__lost_on="2026-11-02")
    text = f"It never spoke to our warehouse. {XSS} =1+1"
    answered(cancellation, reason=["missing_or_broken"], missing_which=["integration"], stuck=text)
    answer = cancellation.responses.get().answers.get(question__key="stuck")
    cancellation.classifications.update(answer=answer, evidence_start=3, evidence_end=8)
    Reason.objects.filter(code="missing_integration").update(label=f"Missing {XSS}")
    reason("missing_integration").texts.all().delete()
    rollups.refresh()
    return cancellation


@pytest.fixture
def viewer(db):
    return logged_in(of_role("viewer"))


@pytest.fixture
def analyst(db):
    return logged_in(of_role("analyst"))
