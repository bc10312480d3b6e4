"""Where somebody is signed in, and how that ends."""

from allauth.usersessions.models import UserSession

from trunks.models import User


def end_sessions(user: User, *, but: str | None = None) -> int:
    """Sign a person out everywhere, but in the session of this key; how many ended."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for session in others:
        session.end()
    return len(others)
