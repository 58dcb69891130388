"""Intents and cancellations over REST; idempotent by source and external ID."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.api import schema
from surveys.api.fields import LineField
from surveys.api.parsers import BoundedJSONParser, check_length
from surveys.api.serializers import (
    CancellationRequest,
    CancellationState,
    IntentRequest,
    IntentState,
    RevertRequest,
)
from surveys.api.taking_in import (
    EndedAlreadyError,
    cancellation_answer,
    intent_answer,
    take_back,
    take_cancellation,
    take_intent,
)
from surveys.intake.accounts import CREATED, UNCHANGED
from surveys.intake.matching import BelongsToAnotherError
from surveys.models import Cancellation, Intent


class ConflictError(APIException):
    """The call contradicts what is known; repeating it will not help."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ApiView(APIView):
    parser_classes = (BoundedJSONParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse by its announced length what need not be read at all."""
        super().initial(request, *args, **kwargs)
        check_length(request.META.get("CONTENT_LENGTH"))

    def said(self, serializer_class: type, request: Request) -> dict[str, Any]:
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class IntentsView(ApiView):
    @extend_schema(
        operation_id="intents_create",
        summary="A customer opened the cancel page",
        request=IntentRequest,
        responses={201: IntentState, 200: IntentState, **schema.REFUSED},
        examples=schema.INTENT_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        said = self.said(IntentRequest, request)
        try:
            recorded = take_intent(said)
        except BelongsToAnotherError as error:
            raise ConflictError(str(error)) from error
        answer = intent_answer(recorded.row, recorded.outcome)
        return _answer(IntentState(answer), recorded.outcome)


class IntentView(ApiView):
    @extend_schema(
        operation_id="intents_retrieve",
        summary="What became of an intent",
        parameters=schema.SOURCE_AND_ID,
        responses={200: IntentState, **schema.UNKNOWN},
    )
    def get(self, request: Request, source: str, external_id: str) -> Response:
        intent = _find(Intent.objects.select_related("customer"), source, external_id)
        return Response(IntentState(intent_answer(intent, UNCHANGED)).data)


class CancellationsView(ApiView):
    @extend_schema(
        operation_id="cancellations_create",
        summary="A subscription ends or is set to end",
        request=CancellationRequest,
        responses={201: CancellationState, 200: CancellationState, **schema.REFUSED},
        examples=schema.CANCELLATION_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        said = self.said(CancellationRequest, request)
        try:
            recorded = take_cancellation(said)
        except BelongsToAnotherError as error:
            raise ConflictError(str(error)) from error
        answer = cancellation_answer(recorded.row, recorded.outcome)
        return _answer(CancellationState(answer), recorded.outcome)


class CancellationView(ApiView):
    @extend_schema(
        operation_id="cancellations_retrieve",
        summary="What became of a cancellation",
        parameters=schema.SOURCE_AND_ID,
        responses={200: CancellationState, **schema.UNKNOWN},
    )
    def get(self, request: Request, source: str, external_id: str) -> Response:
        cancellation = _find(Cancellation.objects.select_related("customer"), source, external_id)
        return Response(CancellationState(cancellation_answer(cancellation, UNCHANGED)).data)


class RevertView(ApiView):
    @extend_schema(
        operation_id="cancellations_revert",
        summary="The customer stays after all",
        description=(
            "Takes a cancellation back before its effective end: nothing more is sent, and "
            "there is no loss."
        ),
        parameters=schema.SOURCE_AND_ID,
        request=RevertRequest,
        responses={200: CancellationState, **schema.REFUSED, **schema.UNKNOWN},
    )
    def post(self, request: Request, source: str, external_id: str) -> Response:
        said = self.said(RevertRequest, request)
        cancellation = _find(
            Cancellation.objects.select_related("customer", "subscription"), source, external_id
        )
        try:
            recorded = take_back(cancellation, said.get("reverted_at") or timezone.now())
        except EndedAlreadyError as error:
            raise ConflictError(str(error)) from error
        return Response(CancellationState(cancellation_answer(recorded.row, recorded.outcome)).data)


def _answer(serializer: Any, outcome: str) -> Response:
    created = outcome == CREATED
    return Response(
        serializer.data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK
    )


def _find(rows: Any, source: str, external_id: str) -> Any:
    """The row, or 404; also for what no row can have, such as a NUL."""
    try:
        wanted = {
            "source": LineField().run_validation(source),
            "external_id": LineField().run_validation(external_id),
        }
    except ValidationError as error:
        raise NotFound from error
    row = rows.filter(**wanted).first()
    if row is None:
        raise NotFound(gettext("Nothing is known under this source and ID."))
    return row
