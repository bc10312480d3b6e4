from trunks.models.account import Account
from trunks.models.audit_entry import AuditEntry
from trunks.models.batch import Batch, BatchRow
from trunks.models.callback_event import CallbackEvent
from trunks.models.change import Change
from trunks.models.customer import Customer
from trunks.models.decision import Decision, IgnoredField
from trunks.models.did import Did
from trunks.models.heartbeat import Heartbeat
from trunks.models.invitation import Invitation
from trunks.models.member import Membership
from trunks.models.notice import Notice
from trunks.models.rails import RailTemplate
from trunks.models.sync_run import SyncRun
from trunks.models.token import Token
from trunks.models.trunk import Trunk, TrunkNetwork, TrunkPrefix
from trunks.models.upstream_request import Tally, UpstreamRequest
from trunks.models.user import User

__all__ = [
    "Account",
    "AuditEntry",
    "Batch",
    "BatchRow",
    "CallbackEvent",
    "Change",
    "Customer",
    "Decision",
    "Did",
    "Heartbeat",
    "IgnoredField",
    "Invitation",
    "Membership",
    "Notice",
    "RailTemplate",
    "SyncRun",
    "Tally",
    "Token",
    "Trunk",
    "TrunkNetwork",
    "TrunkPrefix",
    "UpstreamRequest",
    "User",
]
