import { JOURNEYS, testAgreement } from './agreement.ts';

testAgreement(JOURNEYS, false);
