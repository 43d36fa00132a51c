"""Twin of Belebele: Cosmos QA's questions about a passage and four answers, in the target genre."""

from adaptstilts.pocket.twin import Twin
from adaptstilts.pocket.twins.cosmosqa import draw

TWIN = Twin("belebele", "b", (), draw, classes=4, sizes={"train": 4000, "dev": 400, "test": 500})
