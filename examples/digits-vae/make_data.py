"""The digits of the example: scikit-learn's load_digits, as uint8 [1797, 8, 8]. Writes digits.npy beside this script."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

images = load_digits().images
path = Path(__file__).with_name("digits.npy")
np.save(path, images.astype(np.uint8))
print(f"wrote {path.name}, uint8 {list(images.shape)}, {images.min():g} to {images.max():g}")
