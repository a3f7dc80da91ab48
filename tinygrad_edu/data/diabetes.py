"""The diabetes table, which nobody gave a licence to, so it does not come with the package."""

import io

import numpy

from ..extras import require
from .embedded import table_of
from .published import File
from .storage import find, read
from .tables import Table

__all__ = ["diabetes"]

DIABETES = (File("tabular/diabetes.npz", 9_336, "2a64c4ffec422b450e6ba3bf5a7aa482c18931ee483632ce1e467bf868f98c4e"),)


def diabetes() -> tuple[Table, Table]:
    """Patients by ten measures, and how far their diabetes went on in a year: 354 to train on and 88 to test on.

    The measures are as they were taken: age, sex, body mass index, blood pressure, and six of blood serum. They are
    read from the folder of data, which `data.storage` tells of, or from scikit-learn where that is installed.

    Source: Efron, Hastie, Johnstone and Tibshirani (2004), "Least angle regression".

    Raises:
        ImportError: the file is not at hand, and scikit-learn is not installed.
        ValueError: the file is damaged, or another one.
    """
    (file,) = DIABETES
    if find(file):
        with numpy.load(io.BytesIO(read(file)), allow_pickle=False) as arrays:
            return table_of(dict(arrays))
    found = require("sklearn.datasets", "sklearn", "the diabetes table").load_diabetes(scaled=False)
    names = numpy.array(found.feature_names)
    return table_of({"x": found.data, "y": found.target.astype(numpy.float32), "feature_names": names})
