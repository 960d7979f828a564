// Package trainingweb is the face of training: the year's plan, a course with
// its sign-in code and list, certificates, and the figures of each unit.
//
// It shows and takes forms; what counts, training decides.
package trainingweb
