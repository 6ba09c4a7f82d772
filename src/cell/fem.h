/* Finite elements for cell problems: periodic Q_p on a tensor grid with the element boundaries on the kinks.
 */
#pragma once
#include <reiter/cell.h>

extern const CellMethodOps CellMethodFem;
