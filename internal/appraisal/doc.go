// Package appraisal holds a period of assessment as an object: the round of a
// monthly check, a quarterly bulletin or a year, or of the work of the supervising
// offices below (Articles 29 and 30), from its
// sample to its published results.
//
// It decides what is in the sample and by which lot; which lines a person must
// judge, and that two judges look at a serious one, neither seeing the other;
// what is frozen, with its hash; until when a unit may appeal and who may answer;
// and by which records alone a decided result differs from the frozen one. What
// was frozen is never written again: a result can be worked out anew from what
// is stored, to the point, and a row that was changed by hand is named.
//
// It does not decide what an observation costs (rules/packs), what was seen of a
// site or account (assessment, inspection, newmedia), nor what a bulletin says
// (reporting).
package appraisal
