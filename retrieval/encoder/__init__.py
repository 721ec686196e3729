"""Text encoders: sentence-transformers models, verified when loaded.

The default encoder and similar ones are run by `retrieval.bert`, without sentence-transformers,
whose import takes seconds; the vectors are the same.
"""

from retrieval.encoder.files import DEFAULT_ENCODER, model_folder, weights_of
from retrieval.encoder.loading import SentenceEncoder, load_encoder
from retrieval.encoder.networks import fast_bfloat16
from retrieval.encoder.protocol import Encoder, EncoderIdentity, Meaning, Vectors

__all__ = [
    "DEFAULT_ENCODER",
    "Encoder",
    "EncoderIdentity",
    "Meaning",
    "SentenceEncoder",
    "Vectors",
    "fast_bfloat16",
    "load_encoder",
    "model_folder",
    "weights_of",
]
