"""What is learnt from vectors whose groups are known, in closed form: a lens, a plane between two groups, planes around each.

Vectors are rows of shape (n, dimension); `groups` gives the number of each row's group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

STYLE = 0.8  # shrinkage of the covariance within groups towards an even one, for the lens; found on held-back wordings
ACROSS = 0.3  # the same, for the plane between two groups
RIDGE = 0.3  # of the planes around each group, in mean variances


def unit(vectors: Any) -> Vectors:
    """Vectors, or one, at unit length; zero stays zero."""
    import numpy as np

    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length == 0, 1, length), np.float32)


def lens(vectors: Any, groups: Any) -> Vectors:
    """A matrix that makes the embedder see what a text is about rather than how it is put, shape (dimension, dimension).

    Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, 2006): what varies among wordings of one section is
    style, so that variation is shrunk. `vectors` are centred.
    """
    import numpy as np

    counts = np.bincount(groups)
    sums = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(sums, groups, vectors)
    within = vectors - (sums / np.maximum(counts, 1)[:, None])[groups]
    covariance = within.T @ within / len(within)
    even = np.trace(covariance) / len(covariance)
    values, axes = np.linalg.eigh((1 - STYLE) * covariance + STYLE * even * np.eye(len(covariance)))
    return np.asarray((axes * np.sqrt(even / values)) @ axes.T, np.float32)


def discriminant(one: Vectors, other: Vectors) -> Any:
    """Fisher's linear discriminant (1936) between two groups of vectors, shape (dimension,): its covariance shrunk."""
    import numpy as np

    size = one.shape[1]
    pooled = (np.cov(one.T) + np.cov(other.T)) / 2
    pooled = (1 - ACROSS) * pooled + ACROSS * np.trace(pooled) / size * np.eye(size)
    return np.linalg.solve(pooled, one.mean(axis=0) - other.mean(axis=0))


def planes(vectors: Any, groups: Any) -> Vectors:
    """One direction a group, shape (groups, dimension), along which its members lie near 1 and all others near 0.

    Ridge regression on membership (Hoerl and Kennard, 1970), each group weighing as much as any other. Where the nearest
    example only tells what a text is like, this tells too what it is unlike.
    """
    import numpy as np

    counts = np.bincount(groups)
    weights = (1 / counts[groups])[:, None] * len(groups) / len(counts)
    member = np.zeros((len(groups), len(counts)), np.float32)
    member[np.arange(len(groups)), groups] = 1
    covariance = vectors.T @ (vectors * weights) / len(vectors)
    covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return np.asarray(np.linalg.solve(covariance, vectors.T @ (member * weights) / len(vectors)).T, np.float32)
