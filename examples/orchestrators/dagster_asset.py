"""A Dagster asset that describes products every night; what was described before comes from the cache."""

import dagster as dg

import endpoint_nodes as en


class Job(dg.Config):
    """The table of products, where the descriptions go, and where requests are sent; the key is in the environment."""

    products: str = "products.csv"
    descriptions: str = "descriptions.parquet"
    base_url: str = "https://api.openai.com/v1"


@dg.asset(retry_policy=dg.RetryPolicy(max_retries=3, delay=60))
def descriptions(config: Job) -> dg.MaterializeResult:
    """A sentence about each product; a retry asks only for what is lacking."""
    node = en.CreateChatCompletion(prompt="Describe {name} in a sentence.", model="gpt-5.2", on_error="continue")
    result = en.run(node, config.products, configuration=en.Configuration(base_url=config.base_url), progress=False)
    result.save(config.descriptions)
    return dg.MaterializeResult(metadata={"rows": result.rows, "failed": result.failed, "cached": result.reused})


describe = dg.define_asset_job("describe", [descriptions])
definitions = dg.Definitions(
    assets=[descriptions], schedules=[dg.ScheduleDefinition(name="nightly", job=describe, cron_schedule="15 2 * * *")]
)
