#include <gtest/gtest.h>

#include "money/allocate.h"
#include "money/rate.h"
