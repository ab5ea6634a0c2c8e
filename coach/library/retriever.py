"""The search as a LangChain retriever, for chains of one's own.

It stands apart from `search.py` because importing LangChain takes longer than a search does.
"""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from coach.library.search import Searcher
from coach.records import SearchResult


class CoachRetriever(BaseRetriever):
    """Finds passages; each LangChain document has the passage's text and, in its metadata, where it stands.

    Metadata: document, title, heading, start, end, language, score, rank, and the confidence of the whole search.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    searcher: Searcher
    k: int = 8

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return to_documents(self.searcher.search(query, self.k))


def to_documents(result: SearchResult) -> list[Document]:
    """A search result as LangChain documents, best first."""
    return [
        Document(
            page_content=hit.passage.text,
            metadata=hit.to_dict() | {"language": hit.passage.language, "confidence": result.confidence},
        )
        for hit in result.hits
    ]
