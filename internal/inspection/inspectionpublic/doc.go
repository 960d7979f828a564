// Package inspectionpublic is the public's door below /rules/ of a hosted portal:
// every rule that sites and accounts are inspected by, with its basis, its texts,
// its edition, and how often it was right by what disputes came to (Articles 29
// and 30).
//
// It reads the statement that the house signs and nothing else; no unit and no
// site stands in it. Every page works without script.
package inspectionpublic
