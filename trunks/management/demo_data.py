"""The cast of the demo: a company's customers, its staff, and what they did lately."""

from dataclasses import dataclass

ACCOUNT = "Production"
TRUNKS = 312
DIDS = 1204
CALLBACK_SECRET = "demo-callback-secret"  # noqa: S105  as public as the passwords below


@dataclass(frozen=True, slots=True)
class Person:
    role: str
    email: str
    name: str
    password: str


# Public on purpose: they exist only in a demo's database, on this machine.
STAFF = (
    Person("agent", "sam@example.com", "Sam Okafor", "sam-keeps-calm-42"),
    Person("admin", "ada@example.com", "Ada Lind", "ada-sees-it-all-42"),
    Person("viewer", "vera@example.com", "Vera Moss", "vera-only-looks-42"),
)

MEMBERS_OF = "Amberlight Telecare"
MEMBERS = (
    Person("owner", "alice@amberlight.example", "Alice Reyes", "alice-owns-it-42"),
    Person("operator", "ann@amberlight.example", "Ann Dahl", "ann-turns-knobs-42"),
    Person("viewer", "abe@amberlight.example", "Abe Sato", "abe-only-looks-42"),
)

CUSTOMERS = (
    "Amberlight Telecare",
    "Baltic Timber",
    "Beacon Alarms",
    "Bluebird Couriers",
    "Cedar Housing",
    "Cobalt Logistics",
    "Copperfield Tools",
    "Elm Street Motors",
    "Fjordline Insurance",
    "Foxglove Events",
    "Glacier Outfitters",
    "Granite Bank",
    "Halden Clinics",
    "Harbour Travel",
    "Ivory Tower Books",
    "Juniper Credit",
    "Kestrel Energy",
    "Lantern Hotels",
    "Larkspur Optics",
    "Magnolia Care",
    "Marlow Legal",
    "Meridian Tax",
    "Northwind Freight",
    "Orchard Schools",
    "Osprey Research",
    "Pinecrest Realty",
    "Polar Seafood",
    "Quarry Insights",
    "Redwood Dental",
    "Riverbend Utilities",
    "Saffron Kitchens",
    "Sandpiper Ferries",
    "Skerry Water",
    "Solvang Solar",
    "Stonebridge Pensions",
    "Tamarind Foods",
    "Tern Airlines",
    "Thistle Brewing",
    "Vantage Surveys",
)
