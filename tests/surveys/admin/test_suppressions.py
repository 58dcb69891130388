import pytest

from surveys.models import Suppression
from tests.factories.surveys import ContactFactory, InvitationFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/surveys/suppression/add/"
LIST = "/admin/surveys/suppression/"


def test_an_address_is_kept_as_a_digest_and_its_mail_withdrawn(administrator):
    contact = ContactFactory(email="ada@example.com")
    waiting = InvitationFactory(
        cancellation__subscription__customer=contact.customer,
        contact=contact,
        state="scheduled",
        sent_at=None,
    )
    response = administrator.post(ADD, {"email": " Ada@Example.com "}, follow=True)
    assert "1 waiting invitation was withdrawn." in [
        str(each) for each in response.context["messages"]
    ]
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    assert Suppression.objects.covers("ada@example.com")
    assert Suppression.objects.get().reason == "manual"
    assert "ada" not in administrator.get(LIST).content.decode().lower()


def test_a_second_time_is_said(administrator):
    Suppression.objects.add_address("ada@example.com", "bounced")
    response = administrator.post(ADD, {"email": "ada@example.com"})
    assert "already" in response.context["adminform"].errors["email"][0]


@pytest.mark.parametrize(
    ("asked", "found"), [("ADA@example.com", 1), ("ada", 0), ("example.com", 0)]
)
def test_found_by_the_whole_address_alone(administrator, asked, found):
    Suppression.objects.add_address("ada@example.com", "bounced")
    assert administrator.get(LIST, {"q": asked}).context["cl"].result_count == found
