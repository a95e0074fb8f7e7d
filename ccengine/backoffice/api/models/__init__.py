"""What the API answers and takes, field by field. The OpenAPI document and the checks are made from these.

What does not live here: where the values come from (shapes.py), what is allowed (services).
"""

from ccengine.backoffice.api.models.calls import (
    Call,
    CallDetail,
    CallList,
    CallQuery,
    Choice,
    ChoiceAnswer,
    ChoiceBody,
    Correction,
    Disposition,
    DispositionList,
    Recording,
    Talk,
    TimelineEntry,
)
from ccengine.backoffice.api.models.customers import Customer, CustomerDetail, CustomerList, CustomerQuery
from ccengine.backoffice.api.models.now import (
    Agent,
    AgentList,
    AgentStateAnswer,
    AgentStateBody,
    Board,
    BoardAgent,
    BoardCall,
    BoardQueue,
    BoardWaiting,
    Figures,
    Health,
)
from ccengine.backoffice.api.models.orders import (
    NoteBody,
    Order,
    OrderBody,
    OrderDetail,
    OrderEvent,
    OrderList,
    OrderQuery,
    TransitionBody,
)
from ccengine.backoffice.api.models.outages import Outage, OutageBody, OutageList, OutageQuery
from ccengine.backoffice.api.models.problems import FieldError, Problem
from ccengine.backoffice.api.models.search import SearchAnswer, SearchQuery

__all__ = [
    "Agent",
    "AgentList",
    "AgentStateAnswer",
    "AgentStateBody",
    "Board",
    "BoardAgent",
    "BoardCall",
    "BoardQueue",
    "BoardWaiting",
    "Call",
    "CallDetail",
    "CallList",
    "CallQuery",
    "Choice",
    "ChoiceAnswer",
    "ChoiceBody",
    "Correction",
    "Customer",
    "CustomerDetail",
    "CustomerList",
    "CustomerQuery",
    "Disposition",
    "DispositionList",
    "FieldError",
    "Figures",
    "Health",
    "NoteBody",
    "Order",
    "OrderBody",
    "OrderDetail",
    "OrderEvent",
    "OrderList",
    "OrderQuery",
    "Outage",
    "OutageBody",
    "OutageList",
    "OutageQuery",
    "Problem",
    "Recording",
    "SearchAnswer",
    "SearchQuery",
    "Talk",
    "TimelineEntry",
    "TransitionBody",
]
