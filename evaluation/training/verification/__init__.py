"""Train the verifier: alignment networks, trees and thresholds."""
