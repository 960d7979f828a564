// Package gbh2018 is 国办函〔2018〕55号 on the domain names of government
// websites, so far as Article 10 of the provincial regulation rests on it: which
// suffixes there are and how a name is built.
//
// It decides whether a name has the form the instrument asks for. Its words are
// told, not quoted: the text has not been compared with the official edition.
// Whether a name may be registered, changed or given up is sx2021's to decide.
package gbh2018
