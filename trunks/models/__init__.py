from trunks.models.account import Account
from trunks.models.audit_entry import AuditEntry
from trunks.models.change import Change
from trunks.models.customer import Customer
from trunks.models.did import Did
from trunks.models.heartbeat import Heartbeat
from trunks.models.sync_run import SyncRun
from trunks.models.token import Token
from trunks.models.trunk import Trunk, TrunkNetwork, TrunkPrefix
from trunks.models.user import User

__all__ = [
    "Account",
    "AuditEntry",
    "Change",
    "Customer",
    "Did",
    "Heartbeat",
    "SyncRun",
    "Token",
    "Trunk",
    "TrunkNetwork",
    "TrunkPrefix",
    "User",
]
