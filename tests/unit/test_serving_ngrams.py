"""Names as hashed runs of letters: the same everywhere, and no name left in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tambo.requesttime.travel import first_name
from tambo.serving.ngrams import alphabet, bucket, encode, ngrams
from tambo.serving.spec import Input, encode_columns
from training.design import learn_vocabularies

NAMES = st.text(max_size=300)


def test_case_and_form_of_a_letter_do_not_matter():
    assert ngrams("JOSÉ") == ngrams("Jose\u0301") == ngrams(" josé ")
    assert "^j" in ngrams("José")
    assert "sé$" in ngrams("José")
    assert ngrams("") == ngrams("  ") == frozenset()
    assert ngrams("Анна") & ngrams("Ганна")
    assert ngrams("明") == {"^", "明", "$", "^明", "明$", "^明$"}


def test_a_bucket_is_the_same_on_every_machine():
    assert [bucket(run, 4096) for run in ("^a", "na$", "明")] == [2787, 910, 3857]


@given(NAMES)
def test_any_text_is_encoded(name):
    found = encode([name], 64)
    assert found.shape == (1, 64)
    assert set(np.unique(found)) <= {0.0, 1.0}
    assert bool(found.any()) == bool(ngrams(name))


@given(NAMES)
def test_the_first_name_is_one_word_of_the_name(name):
    found = first_name(name)
    assert found is None or (found in name and not set(found) & set(" \t\n\r\f\v"))


def test_what_is_no_text_has_no_runs():
    assert not encode([None, float("nan"), 7, ""], 8).any()


def test_a_name_in_letters_that_nobody_has_is_missing():
    known = alphabet(["José", "ANA"])
    assert known == "ajnosé"
    for strange in ("李小龙", "محمد", "Анна", "👩\u200d🚀", "123", "Kuby"):
        assert not encode([strange], 64, known).any()
        assert encode([strange], 64).any()
    for near in ("ANITA", "Jose\u0301", "李ana"):
        assert (encode([near], 64, known) == encode([near], 64)).all()
    assert not encode(["Ana"], 64, "").any()


@given(st.lists(NAMES | st.none(), min_size=1))
def test_names_that_were_trained_on_are_read_whole(names):
    """But for those without any letter."""
    known = alphabet(names)
    for name in names:
        whole = encode([name], 64)
        found = encode([name], 64, known)
        assert (found == whole).all() or not alphabet([name])


def test_letters_are_learned_from_training_rows():
    inputs = (Input(name="name", kind="ngrams", buckets=16), Input(name="age", kind="number"))
    learned = learn_vocabularies(inputs, pa.table({"name": ["Ana", None, "Bé"], "age": [1, 2, 3]}))
    assert learned[0].alphabet == "abné"
    declared = (inputs[0].model_copy(update={"alphabet": "x"}),)
    assert learn_vocabularies(declared, pa.table({"name": ["Ana"]})) == declared
    with pytest.raises(ValueError, match="only n-grams have an alphabet"):
        Input(name="age", kind="number", alphabet="x")


def test_n_grams_stand_between_the_columns_of_other_inputs():
    inputs = (
        Input(name="age", kind="number"),
        Input(name="name", kind="ngrams", buckets=16),
        Input(name="class", kind="category", vocabulary=("a", "b")),
    )
    found = encode_columns(inputs, {"age": [30, None], "name": ["Zé", None], "class": ["b", "z"]})
    assert found.shape == (2, 18)
    assert (found[0, 0], found[0, 17], found[1, 17]) == (30.0, 1.0, -1.0)
    assert np.array_equal(found[:, 1:17], encode(["Zé", None], 16))
