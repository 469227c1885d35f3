"""Every public method of Feast's RetrievalJob and OfflineStore, and the on-demand views' modes."""

from __future__ import annotations

import inspect
import json
import warnings
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.substrait
import pytest
import yaml
from conformance import NOW, cells, sides
from feast import (
    Entity,
    FeatureStore,
    FeatureView,
    Field,
    OnDemandFeatureView,
    RequestSource,
    ValueType,
)
from feast.dqm.errors import ValidationFailed
from feast.dqm.profilers.profiler import Profile, Profiler, ValidationError, ValidationReport
from feast.on_demand_feature_view import PandasTransformation, PythonTransformation
from feast.transformation.substrait_transformation import SubstraitTransformation
from feast.types import Float64, String

STAYS = pd.DataFrame(
    {
        "place": ["a", "a", "b"],
        "event_timestamp": [NOW - timedelta(days=days) for days in (5, 2, 3)],
        "created": [NOW - timedelta(days=days) for days in (5, 2, 3)],
        "spend": [10.5, 20.25, None],
    }
)
ASKED = pd.DataFrame(
    {
        "place": ["a", "b", "c", "a"],
        "event_timestamp": [NOW, NOW, NOW, NOW - timedelta(days=3)],
        "budget": [1.0, 2.0, 3.0, 4.0],
        "n": range(4),
    }
)
REFS = ["stays:spend"]


def subtract():
    """spend - budget, as a Substrait plan and, for the stock store, as a function of ibis tables.

    Feast's own compiler (ibis-substrait) does not work with the ibis that Feast installs.
    """
    number = {"fp64": {"nullability": "NULLABILITY_NULLABLE"}}

    def column(at):
        field = {"directReference": {"structField": {"field": at}}, "rootReference": {}}
        return {"value": {"selection": field}}

    rows = {
        "baseSchema": {
            "names": ["spend", "budget"],
            "struct": {"types": [number, number], "nullability": "NULLABILITY_REQUIRED"},
        },
        "namedTable": {"names": ["t"]},
    }
    call = {
        "functionReference": 1,
        "arguments": [column(0), column(1)],
        "outputType": number,
    }
    project = {
        "common": {"emit": {"outputMapping": [2]}},
        "expressions": [{"scalarFunction": call}],
        "input": {"read": rows},
    }
    functions = "https://github.com/substrait-io/substrait/blob/main/extensions/"
    plan = {
        "extensionUris": [
            {"extensionUriAnchor": 1, "uri": f"{functions}functions_arithmetic.yaml"}
        ],
        "extensions": [
            {
                "extensionFunction": {
                    "extensionUriReference": 1,
                    "functionAnchor": 1,
                    "name": "subtract",
                }
            }
        ],
        "relations": [{"root": {"names": ["left"], "input": {"project": project}}}],
    }
    written = pa._substrait._parse_json_plan(json.dumps(plan).encode())
    return SubstraitTransformation(substrait_plan=bytes(written), udf=subtracted)


def subtracted(table):
    return table.mutate(left=table.spend - table.budget)


def twice(inputs):
    import pandas as pd

    return pd.DataFrame({"twice": inputs["budget"] * 2})


def peeks(inputs):
    import pandas as pd

    return pd.DataFrame({"peeks": [float("n" in inputs.columns)] * len(inputs)})


def half(inputs):
    return {"half": [one / 2 for one in inputs["budget"]]}


def definitions(side):
    place = Entity(name="place", join_keys=["place"], value_type=ValueType.STRING)
    schema = [Field(name="place", dtype=String), Field(name="spend", dtype=Float64)]
    stays = FeatureView(
        name="stays", entities=[place], schema=schema, source=side.source("stays", STAYS)
    )
    request = RequestSource(name="request", schema=[Field(name="budget", dtype=Float64)])

    def on_demand(feature, mode, transformation, *sources, name=None):
        return OnDemandFeatureView(
            name=name or f"by_{mode}",
            sources=list(sources),
            schema=[Field(name=feature, dtype=Float64)],
            feature_transformation=transformation,
            mode=mode,
        )

    pandas = PandasTransformation(twice, inspect.getsource(twice))
    peeking = PandasTransformation(peeks, inspect.getsource(peeks))
    python = PythonTransformation(half, inspect.getsource(half))
    return [
        place,
        stays,
        on_demand("left", "substrait", subtract(), stays, request),
        on_demand("twice", "pandas", pandas, request),
        on_demand("peeks", "pandas", peeking, request, name="peeking"),
        on_demand("half", "python", python, request),
    ]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        made = sides(tmp_path_factory.mktemp("jobs"), definitions)
        for side in made:
            side.store.materialize(NOW - timedelta(days=99), NOW)
        yield made


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    "refs",
    [
        ["by_substrait:left"],
        ["by_pandas:twice"],
        ["by_python:half"],
        ["by_pandas:twice", "by_python:half"],
        ["stays:spend", "by_substrait:left", "by_pandas:twice"],
    ],
    ids=" ".join,
)
def test_an_on_demand_view_by_plan_or_of_the_request_alone(both, refs, full):
    frames, served = [], []
    for side in both:
        job = side.store.get_historical_features(ASKED.copy(), refs, full_feature_names=full)
        frames.append(cells(job.to_df(), "n"))
        rows = [{"place": "a", "budget": 8.0}, {"place": "c", "budget": 1.0}]
        answer = side.store.get_online_features(refs, rows, full_feature_names=full)
        served.append(answer.to_dict())
    assert frames[0] == frames[1]
    assert served[0] == served[1]
    name = refs[-1].replace(":", "__") if full else refs[-1].split(":")[1]
    assert any(value is not None for value in frames[1][name])


def test_an_on_demand_view_is_given_its_declared_inputs_alone(both):
    stock, lake = (
        side.store.get_historical_features(ASKED.copy(), ["peeking:peeks"]).to_df()["peeks"]
        for side in both
    )
    assert set(lake) == {0.0}
    assert set(stock) == {1.0}


class NoMoreThan(Profiler, Profile):
    """A profile of one's own: no spend may exceed the greatest of the reference."""

    def analyze_dataset(self, dataset):
        self.greatest = dataset["spend"].max()
        return self

    def validate(self, dataset):
        beyond = int((dataset["spend"] > self.greatest).sum())
        errors = [ValidationError("no more than", "spend", beyond)] if beyond else []
        return Report(errors)


class Report(ValidationReport):
    def __init__(self, errors):
        self._errors = errors

    @property
    def is_success(self):
        return not self._errors

    @property
    def errors(self):
        return self._errors


@pytest.mark.filterwarnings("ignore:Dataset validation is an experimental:RuntimeWarning")
def test_a_validation_reference_is_held_against_the_rows(both):
    for side in both:
        early = ASKED[ASKED["n"] == 3]
        data_set = side.store.create_saved_dataset(
            side.store.get_historical_features(early, REFS), "early", side.storage("early")
        )
        reference = data_set.as_reference(name="early", profiler=NoMoreThan())
        same = side.store.get_historical_features(early, REFS)
        assert same.to_df(validation_reference=reference)["spend"].tolist() == [10.5]
        assert same.to_arrow(validation_reference=reference).num_rows == 1
        later = side.store.get_historical_features(ASKED, REFS)
        for ask in (later.to_df, later.to_arrow, later.to_feast_df):
            with pytest.raises(ValidationFailed) as failed:
                ask(validation_reference=reference)
            assert [one.column_name for one in failed.value.report.errors] == ["spend"]


def test_a_timeout_is_taken_and_what_is_not_offered_says_so(both):
    found = []
    for side in both:
        job = side.store.get_historical_features(ASKED, REFS)
        assert job.to_arrow(timeout=30).num_rows == len(ASKED)
        assert not job.supports_remote_storage_export()
        with pytest.raises(ValueError, match="Only 'torch' is supported"):
            job.to_tensor(kind="jax")
        found.append(cells(job.to_df(timeout=30), "n"))
    assert found[0] == found[1]
    with pytest.raises(NotImplementedError):
        job.to_remote_storage()


def test_rows_that_were_pulled_are_a_job_too(both):
    stock, lake = both
    between = {"start_date": NOW - timedelta(days=9), "end_date": NOW}
    for pull in ("pull_all_from_table_or_query", "pull_latest_from_table_or_query"):
        frames = []
        for side in both:
            view = side.store.get_feature_view("stays")
            job = getattr(side.store._get_provider().offline_store, pull)(
                config=side.store.config,
                data_source=view.batch_source,
                join_key_columns=["place"],
                feature_name_columns=["spend"],
                timestamp_field="event_timestamp",
                created_timestamp_column="created",
                **between,
            )
            frame = job.to_df().drop(columns="created", errors="ignore")
            frames.append(cells(frame, ["place", "event_timestamp"]))
        assert frames[0] == frames[1]
        assert not job.full_feature_names
        assert (job.on_demand_feature_views, job.metadata) == ([], None)
        assert "stays" in job.to_sql()
        job.persist(lake.storage(pull))
        job.persist(lake.storage(pull), allow_overwrite=True)
    assert stock.ours is False


def test_a_store_says_what_a_source_holds_and_whether_it_is_there(both):
    for side in both:
        offline, config = side.store._get_provider().offline_store, side.store.config
        source = side.store.get_feature_view("stays").batch_source
        offline.validate_data_source(config, source)
        columns = dict(offline.get_table_column_names_and_types_from_data_source(config, source))
        assert list(columns) == list(STAYS.columns)
        offline.ensure_filter_by_created_timestamp_supported()


def test_a_configuration_goes_through_yaml_and_back(both, tmp_path):
    _, lake = both
    config = lake.store.config.model_dump(by_alias=True)
    config["repo_path"] = str(config["repo_path"])
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    again = FeatureStore(repo_path=str(tmp_path))
    assert again.config.offline_store == lake.store.config.offline_store
    assert again.get_historical_features(ASKED, REFS).to_df()["spend"].count() == 2
