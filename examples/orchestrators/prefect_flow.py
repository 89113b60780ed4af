"""A Prefect flow that describes products every night; what was described before comes from the cache."""

from prefect import flow, task

import endpoint_nodes as en


@task(retries=3, retry_delay_seconds=60)
def describe(products: str, descriptions: str, base_url: str) -> tuple[int, int]:
    """Describe each product; return how many rows came from the cache, and how many failed."""
    node = en.CreateChatCompletion(prompt="Describe {name} in a sentence.", model="gpt-5.2", on_error="continue")
    result = en.run(node, products, configuration=en.Configuration(base_url=base_url), progress=False)
    result.save(descriptions)
    return result.reused, result.failed


@flow
def nightly(products: str, descriptions: str, base_url: str = "https://api.openai.com/v1") -> tuple[int, int]:
    """Describe the products of a table, however it has grown since last night."""
    return describe(products, descriptions, base_url)


if __name__ == "__main__":
    files = {"products": "products.csv", "descriptions": "descriptions.parquet"}
    nightly.serve("nightly", cron="15 2 * * *", parameters=files)
