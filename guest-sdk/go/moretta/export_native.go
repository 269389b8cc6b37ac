//go:build !wasm

package moretta

// Masker makes these functions the plugin. The export exists only where it is called from, in WebAssembly.
func Masker(transforms Transforms) Transforms { return transforms }

// Classifier makes this function the plugin. It is asked once for each column of a call.
func Classifier(classify Classify) Classify { return classify }

// TextClassifier makes this function the plugin, in the world text-classifier.
func TextClassifier(find Find) Find { return find }

// PseudonymMasker makes these functions the plugin, in the world pseudonym-masker.
func PseudonymMasker(transforms KeyedTransforms) KeyedTransforms { return transforms }
