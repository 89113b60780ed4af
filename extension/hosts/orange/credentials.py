"""Keys: where they may be kept, and refusing a keyring that keeps them in plain text."""

from ....port_types.errors import InvalidSetting

__all__ = ["check_reference", "store_key"]


def check_reference(reference: str | None) -> None:
    """Refuse a keyring reference where this computer's keyring is none, or writes keys in plain text.

    Raises:
        InvalidSetting: the keyring is not safe; the sentence says what to use instead.
    """
    if not (reference or "").startswith("keyring:"):
        return
    import keyring

    backend = keyring.get_keyring()
    # A chain of keyrings writes to its first.
    kind = type(next(iter(getattr(backend, "backends", [])), backend))
    name = f"{kind.__module__}.{kind.__name__}"
    if "plain" in kind.__name__.lower():
        raise InvalidSetting(
            f"The keyring of this computer ({name}) keeps keys in plain text; use an environment variable instead."
        )
    if kind.__module__ in {"keyring.backends.fail", "keyring.backends.null"}:
        raise InvalidSetting(f"This computer has no keyring ({name}); use an environment variable instead.")


def store_key(reference: str, key: str) -> None:
    """Put `key` into the keyring under `reference` ("keyring:SERVICE/USER").

    Raises:
        InvalidSetting: the keyring is not safe, or does not take it.
    """
    import keyring
    from keyring.errors import KeyringError

    check_reference(reference)
    service, _, user = reference.removeprefix("keyring:").partition("/")
    try:
        keyring.set_password(service, user, key)
    except KeyringError as error:
        # The cause may repeat what it was given, so that only its kind is told.
        raise InvalidSetting(f"The keyring did not take the key ({type(error).__name__}).") from None
