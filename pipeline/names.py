"""Names: what makes two spellings of a place, a province or a group one word, in Arabic, Cyrillic and Latin script.

Belongs here: taking from a name what its spelling adds.
Does not belong here: which place is meant (``place_matching``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that writers of Arabic and Persian use one for another. Alef, waw and ya with a hamza come apart into letter
# and mark, as accents do.
SAME_LETTERS = str.maketrans({"ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "گ": "ك", "ٱ": "ا", "ء": "", "ـ": "", "ı": "i"})
# Signs for ayn and hamza and the soft sign, which some writers leave out.
UNSAID = re.compile(r"['’‘`´ʻʼʾʿʹ′\u200b-\u200d]")
# The article before sun letters is written as it is heard: ar-Raqqah, ash-Shaddadi, ad-Dana.
ARTICLE_WORDS = "al el ul an en ar er as es ash esh at et ath ad ed adh az ez"
ARTICLES = frozenset(ARTICLE_WORDS.split())
ARABIC_ARTICLE = re.compile(r"^(?:ال)+(?=\w{2})")
NOT_WORD = re.compile(r"[\W_]+")


# Exports name the same places again and again; but what they name has no bound.
@lru_cache(maxsize=100_000)
def fold_name(name: str) -> str:
    """The name as words in small letters, without accents, vowel signs, apostrophes and articles.

    Brackets go and what they say stays: "Aleppo (airport)" is not Aleppo.

    >>> fold_name("Ma'arrat an-Nu'mān (city)")
    'maarrat numan city'
    """
    plain = UNSAID.sub("", name)
    # Twice, because what one takes apart the other has yet to see (Unicode's compatibility caseless match, D146).
    for _ in range(2):
        plain = UNSAID.sub("", unicodedata.normalize("NFKD", plain.casefold()))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).translate(SAME_LETTERS)
    words = NOT_WORD.sub(" ", plain).split()
    said = [ARABIC_ARTICLE.sub("", word) for word in words if word not in ARTICLES]
    return " ".join(said or words)
