"""The object layer: typed views over the JSON of the platform, and collections of them."""
