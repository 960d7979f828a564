// Package matrixweb is the console's door to the two matrices of Article 11: the
// board with its numbers and the list of what stands nowhere, the tree, and the
// form by which a supervisor names a head or another place.
//
// It decides nothing: where an object stands is matrix's to say.
package matrixweb
