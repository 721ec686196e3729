"""Training of the verifier: alignment networks, trees and thresholds."""
