// Package reportingpublic is the public's door below /bulletins/ of a hosted
// portal: the issued bulletins that their offices opened to everybody, each as
// page, as document and as open data with its dictionary (Articles 29 and 30).
//
// It reads the statement that the house signs and nothing else; it decides
// nothing of what is told. Every page works without script.
package reportingpublic
