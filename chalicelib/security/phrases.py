"""Security phrases: shown where a mail was asked for and in the mail, so that a reader sees that they belong together.

A phrase is no secret that anything rests on. It is random so that nobody else's mail shows the same by design.
"""

from __future__ import annotations

from chalicelib.runtime import randomness

ADJECTIVES = (
    *("Amber", "Ancient", "Bold", "Brave", "Breezy", "Bright", "Bronze", "Calm", "Candid", "Cheerful", "Clear"),
    *("Clever", "Cosy", "Crimson", "Crisp", "Curious", "Dappled", "Daring", "Deep", "Eager", "Early", "Fair"),
    *("Faithful", "Fluffy", "Fresh", "Gentle", "Gilded", "Glad", "Golden", "Graceful", "Happy", "Hidden", "Humble"),
    *("Indigo", "Ivory", "Jolly", "Keen", "Kind", "Light", "Lively", "Lucky", "Mellow", "Merry", "Mighty", "Misty"),
    *("Nimble", "Noble", "Patient", "Placid", "Proud", "Quick", "Quiet", "Rapid", "Round", "Scarlet", "Silent"),
    *("Silver", "Smooth", "Snowy", "Steady", "Sunny", "Tall", "Velvet", "Warm"),
)
NOUNS = (
    *("Acorn", "Anchor", "Apple", "Arrow", "Badger", "Beacon", "Bell", "Birch", "Bridge", "Brook", "Cactus", "Candle"),
    *("Canyon", "Castle", "Cedar", "Cello", "Cloud", "Comet", "Compass", "Coral", "Cricket", "Dolphin", "Falcon"),
    *("Feather", "Fern", "Forest", "Fountain", "Garden", "Glacier", "Harbour", "Heron", "Island", "Kettle", "Ladder"),
    *("Lagoon", "Lantern", "Lemon", "Maple", "Marble", "Meadow", "Mirror", "Moon", "Mountain", "Oasis", "Olive"),
    *("Orchid", "Otter", "Panda", "Pebble", "Piano", "Pine", "Planet", "Pony", "Puffin", "Rainbow", "River", "Robin"),
    *("Saddle", "Teapot", "Thimble", "Tulip", "Valley", "Willow", "Window"),
)


def phrase() -> str:
    """An adjective and a noun."""
    return " ".join(words[randomness.random_below(len(words))] for words in (ADJECTIVES, NOUNS))
