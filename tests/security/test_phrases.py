"""Security phrases: an adjective and a noun, at random."""

from __future__ import annotations

from collections import Counter

from chalicelib.security import phrases


def test_phrase_is_an_adjective_and_a_noun() -> None:
    for _ in range(100):
        adjective, noun = phrases.phrase().split(" ")
        assert adjective in phrases.ADJECTIVES
        assert noun in phrases.NOUNS


def test_words_are_short_and_each_stands_once() -> None:
    words = [*phrases.ADJECTIVES, *phrases.NOUNS]

    assert len(set(words)) == len(words)
    assert all(word.isascii() and word.isalpha() and word.istitle() and len(word) <= 8 for word in words)


def test_every_word_is_as_likely() -> None:
    """12,800 draws of 64 words: each within six standard deviations (84) of 200."""
    drawn = Counter(word for _ in range(12_800) for word in phrases.phrase().split(" "))

    assert all(abs(drawn[word] - 200) < 85 for word in (*phrases.ADJECTIVES, *phrases.NOUNS))
