"""Logits of a real classifier for the example: handwritten digits, multinomial logistic regression.

Every row is scored by a model that has not seen it (10-fold), so that the doubts in the logits are those the
classifier has about new digits. Writes logits.npy, float32 [1797, 10], beside this script.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pixels, digits = load_digits(return_X_y=True)
# Of C = 1, 0.1, 0.05, 0.02, 0.01 and 0.003 the first has the lowest out-of-fold log loss.
model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, tol=1e-8, max_iter=1000))
folds = StratifiedKFold(n_splits=10, shuffle=True, random_state=0)
logits = cross_val_predict(model, pixels, digits, cv=folds, method="decision_function")

probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities /= probabilities.sum(axis=1, keepdims=True)
print(f"accuracy {np.mean(logits.argmax(axis=1) == digits):.4f}")
print(f"log loss {log_loss(digits, probabilities):.4f}")

path = Path(__file__).with_name("logits.npy")
np.save(path, np.ascontiguousarray(logits, dtype="<f4"))
print(f"wrote {path.name}, float32 {list(logits.shape)}")
