from django.dispatch import Signal

# Sent with `tenant` (slug) and `username` before a sign-out ends the token at the tenant. A receiver that
# answers True, because work goes on with a copy of the token, keeps it valid until its own end.
token_given_back = Signal()

# Sent with `signin` (the SignIn) after somebody signed in. What a receiver answers, a sentence about what
# follows from that, is told to the user.
signed_in = Signal()
