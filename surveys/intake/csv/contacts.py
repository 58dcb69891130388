"""The contacts of a chunk's customers: read at once, changed in memory, written at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from surveys.intake.facts import CustomerFacts
from surveys.models import Contact, Customer, Suppression, address_digest
from surveys.models.invitations import SuppressionReason


class Contacts:
    """Keyed by the customer's own ID, because a new customer has no other yet."""

    def __init__(self, customers: Collection[Customer], emails: Iterable[str]) -> None:
        self._of: dict[str, list[Contact]] = defaultdict(list)
        names = {customer.pk: customer.external_id for customer in customers}
        for contact in Contact.objects.filter(customer__in=list(names)):
            self._of[names[contact.customer_id]].append(contact)
        digests = {address_digest(email): email for email in emails if email}
        self._erased = {
            digests[digest]
            for digest in Suppression.objects.filter(
                digest__in=list(digests), reason=SuppressionReason.ERASED
            ).values_list("digest", flat=True)
        }
        self._added: list[Contact] = []
        self._changed: dict[int, Contact] = {}
        self._demoted: set[int] = set()

    def primary(self, customer: Customer) -> Contact | None:
        return next((each for each in self._of[customer.external_id] if each.is_primary), None)

    def record(self, customer: Customer, facts: CustomerFacts) -> bool:
        """Make ``facts``' address the primary contact; whether anything changed."""
        email = facts.contact_email
        if not email or customer.erased_at or email in self._erased:
            return False
        said = {"name": facts.contact_name, "language": facts.contact_language}
        said = {name: value for name, value in said.items() if value}
        primary = self.primary(customer)
        if primary and primary.email == email:
            return self._fill(primary, said)
        if primary:
            self._fill(primary, {"is_primary": False})
            if primary.pk:
                self._demoted.add(primary.pk)
        known = next((each for each in self._of[customer.external_id] if each.email == email), None)
        if known:
            return self._fill(known, {**said, "is_primary": True})
        contact = Contact(customer=customer, email=email, is_primary=True, **said)
        self._of[customer.external_id].append(contact)
        self._added.append(contact)
        return True

    def write(self) -> None:
        """Once the customers are written; former primary contacts first, for there is only one."""
        if self._demoted:
            Contact.objects.filter(pk__in=self._demoted).update(is_primary=False)
        if self._changed:
            Contact.objects.bulk_update(self._changed.values(), ["name", "language", "is_primary"])
        Contact.objects.bulk_create(self._added)

    def _fill(self, contact: Contact, said: Mapping[str, object]) -> bool:
        changed = {name: value for name, value in said.items() if getattr(contact, name) != value}
        for name, value in changed.items():
            setattr(contact, name, value)
        if changed and contact.pk:
            self._changed[contact.pk] = contact
        return bool(changed)
