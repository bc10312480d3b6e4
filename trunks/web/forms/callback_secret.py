from django import forms


class CallbackSecretForm(forms.Form):
    """Write-only: what is stored is never shown."""

    callback_secret = forms.CharField(
        label="Callback secret",
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Paste the secret from DIDWW's panel."},
    )
