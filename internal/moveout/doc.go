// Package moveout takes everything of one site out as one archive, and brings
// such an archive into another house: nobody is held by the platform their site
// lives on (Articles 25, 28).
//
// It decides what belongs to a site (its record, columns, look with its theme, compositions, items with all
// versions, files as they were brought, letters without persons, its records,
// its part of the trail, its pages as files), in which format each part lies,
// and for how long a finished archive may be fetched. A run that was cut off
// goes on at the first part that is not finished. Of an archive that comes in it
// decides what goes on as what it was (items, places, ends, letters that were
// dealt with) and what is only kept to be read: the trail of one house is never
// linked into that of another. It decides nothing about what may be public: an
// archive that is brought in comes live under a move-in case.
package moveout
