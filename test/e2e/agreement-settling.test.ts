import { JOURNEYS, testAgreement } from './agreement.ts';

/** Whose messages wait for each other takes longer to live through. */
testAgreement(Math.ceil(JOURNEYS / 4), true);
