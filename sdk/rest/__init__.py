"""The REST layer: requests and answers as bytes and plain JSON; refusals become errors."""
